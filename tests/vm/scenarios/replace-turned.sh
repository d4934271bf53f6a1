#!/bin/bash
# meaning: a patch that is to take another's place waits in one process, which keeps the old patch; turned round, all have the old patch again
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start held "$T/stack/stack"
start free "$T/stack/stack"
is free ok spin
apply stack-low
is held ok enter
ask free seen
suture apply --no-wait "$(spm replace-low)"
wait_for 5 state_is replace-low "${pid[free]}" patched
is free "401 2 3" values
is held "101 102 3" values
expect_eq "$(proc replace-low "${pid[held]}" state)" waiting "state of the one that waits"
expect_eq "$(proc replace-low "${pid[held]}" function)" stay "the function that is named"
expect_eq "$(proc stack-low "${pid[held]}" state)" patched "state by the old patch"
expect_eq "$(proc stack-low "${pid[held]}" reason)" replaced "its reason"
start new "$T/stack/stack"
is new "401 2 3" values
seen_until free 401
# round it goes
revert replace-low
seen_until free 101
expect_match "$answer" "^(401 )?101$" "values on the way back: $answer"
wait_for 5 eval "[ \$(</sys/kernel/suture/stack-low/transition) = 0 ]"
for name in held free new; do
	is $name "101 102 3" values
	expect_eq "$(count_maps "${pid[$name]}" replace-low)" 0 "mappings of the new patch in $name"
done
expect_eq "$(</sys/kernel/suture/stack-low/enabled)" 1 "the old patch is enabled"
# and now for good
suture apply --no-wait "$(spm replace-low)"
is held ok leave
wait_for 5 state_is replace-low "${pid[held]}" patched
wait_for 5 eval "! loaded stack-low"
for name in held free new; do
	is $name "401 2 3" values
done
revert replace-low
for name in held free new; do
	is $name "1 2 3" values
	stop $name
done
