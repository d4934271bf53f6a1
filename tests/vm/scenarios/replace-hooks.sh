#!/bin/bash
# meaning: a patch with hooks takes the place of another: only its own hooks run, on the way in and when it is turned round
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start held "$T/stack/stack"
start free "$T/stack/stack"
apply hooked-low
is free "1 1 0 0, 0 0 0 0" hooks
is held ok enter
for round in 1 2; do
	suture apply --no-wait "$(spm hooked-high)"
	wait_for 5 state_is hooked-high "${pid[free]}" patched
	is free "401 2 3" values
	expect_eq "$(proc hooked-high "${pid[held]}" state)" waiting "the one that waits"
	revert hooked-high
	is free "101 102 3" values
	is free "1 1 0 0, $round $round $round $round" hooks
	is held "1 1 0 0, 0 0 0 0" hooks
	wait_for 5 eval "[ \$(</sys/kernel/suture/hooked-low/transition) = 0 ]"
done
# for good
is held ok leave
apply hooked-high
wait_for 5 eval "! loaded hooked-low"
revert hooked-high
is free "1 2 3" values
is free "1 1 0 0, 3 3 3 3" hooks
is held "1 2 3" values
is held "1 1 0 0, 1 1 1 1" hooks
stop held
stop free
