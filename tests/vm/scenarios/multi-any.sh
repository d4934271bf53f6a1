#!/bin/bash
# meaning: a patch for whichever of its targets is mapped; what comes later is filled in
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start both "$T/multi/multi"
start first "$T/multi/multi"
start second "$T/multi/multi"
is both ok open a b
is first ok open a
is second ok open b
apply multi-any --file "$T/multi/libma.so" --file "$T/multi/libmb.so"
is both "1001 11002 11012" values
is first "1001 - -" values
is second "- 1002 1012" values
expect_eq "$(proc multi-any "${pid[both]}" state)" patched "state with both"
expect_eq "$(proc multi-any "${pid[both]}" reason)" "-" "reason with both"
for name in first second; do
	expect_eq "$(proc multi-any "${pid[$name]}" state)" patched "state with the $name"
	expect_eq "$(proc multi-any "${pid[$name]}" reason)" partly "reason with the $name"
done
# the other one comes, and goes, and comes
is first ok open b
is first "1001 11002 11012" values
expect_eq "$(proc multi-any "${pid[first]}" reason)" "-" "reason when the other has come"
is second ok open a
is second "1001 11002 11012" values
for round in 1 2 3; do
	is both ok close a
	is both ok open a
	is both "1001 11002 11012" values
	is both ok close b
	is both ok open b
	is both "1001 11002 11012" values
	ok "round $round"
done
revert multi-any
for name in both first second; do
	is $name "1 2 12" values
	text "${pid[$name]}" libma.so 0
	text "${pid[$name]}" libmb.so 0
	expect_eq "$(count_maps "${pid[$name]}" .spm)" 0 "mappings of the patch in $name"
	stop $name
done
