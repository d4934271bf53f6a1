#!/bin/bash
# meaning: a revert waits for a thread inside the new function, and a patch that still waits can be reverted
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start held "$T/threads/holder"
apply hold
is held ok enter hold
expect_status 4 suture revert --timeout 1 hold
state=$(proc hold "${pid[held]}" state)
expect_match "$state" "^(waiting|draining)$" "state: $state"
expect_eq "$(</sys/kernel/suture/hold/transition)" 1 transition
[ "$(count_maps "${pid[held]}" /hold.spm)" -gt 0 ] || die "the code that a thread is in is unmapped"
is held "7 0" leave
wait_for 5 eval '! loaded hold'
is held ok old hold
text "${pid[held]}" libfuncs.so 0
expect_eq "$(count_maps "${pid[held]}" .spm)" 0 "mappings of the patch"
# turned round on the way in
is held ok enter hold
suture apply --no-wait "$(spm hold)"
wait_for 5 state_is hold "${pid[held]}" waiting
revert hold
is held ok old hold
is held "6 0" leave
is held ok old hold
text "${pid[held]}" libfuncs.so 0
stop held
