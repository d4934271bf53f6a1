#!/bin/bash
# meaning: two patches on one function: the later is on top, and they come off in any order, in running and in new processes
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start a "$T/stack/stack"
apply stack-low
is a "101 102 3" values
apply stack-high
is a "201 102 203" values
start b "$T/stack/stack"
is b "201 102 203" values
text "${pid[a]}" libstack.so 3
# the lower one goes from under the upper one
revert stack-low
is a "201 2 203" values
is b "201 2 203" values
expect_eq "$(count_maps "${pid[a]}" stack-low.spm)" 0 "mappings of the lower one"
# what comes now is on top of it
apply stack-low
is a "101 102 203" values
revert stack-low
is a "201 2 203" values
apply stack-low
start c "$T/stack/stack"
is c "101 102 203" values
revert stack-high
for name in a b c; do
	is $name "101 102 3" values
	text "${pid[$name]}" libstack.so 2
done
revert stack-low
for name in a b c; do
	is $name "1 2 3" values
	text "${pid[$name]}" libstack.so 0
	expect_eq "$(count_maps "${pid[$name]}" .spm)" 0 "mappings of patches in $name"
	stop $name
done
