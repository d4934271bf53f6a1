#!/bin/bash
# meaning: a patch marked so takes the place of all earlier ones in one step, without a moment in which the old bug is back
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start a "$T/stack/stack"
start b "$T/stack/stack"
is a ok spin
apply stack-low
apply stack-high
seen_until a 201
apply replace-all
seen_until a 301
expect_match "$answer" "^(201 )?301$" "values while it took their place: $answer"
for name in a b; do
	is $name "301 2 3" values
	text "${pid[$name]}" libstack.so 1
	expect_eq "$(count_maps "${pid[$name]}" stack-)" 0 "mappings of the earlier ones in $name"
done
for name in stack-low stack-high; do
	wait_for 5 eval "! loaded $name"
done
ok "the earlier ones are unloaded"
start c "$T/stack/stack"
is c "301 2 3" values
revert replace-all
for name in a b c; do
	is $name "1 2 3" values
	stop $name
done
