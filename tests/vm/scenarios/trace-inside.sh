#!/bin/bash
# meaning: a thread that is still inside old code keeps it from being called dead: with an immediate patch, and with one that waits
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/trace.sh

start held under_probes "$T/threads/holder"
start free under_probes "$T/threads/holder"
is held ok enter hold
ask held tid
tid=$answer

# immediate: the process is patched, and the thread goes on where it is
apply hold-now
expect_status 5 suture trace --for 0 hold-now
expect_match "$output" "${pid[held]} .*holder.* patched; thread $tid is still inside the old hold" "who"
expect_match "$output" "not called, but it is not dead: 0 processes can call it, 1 has a thread inside" verdict
is held "6 0" leave
expect_status 0 suture trace --for 0 hold-now
expect_match "$output" "hold-now, .* the old code is dead" verdict
revert hold-now

# quiescent: it waits, and its other calls are of the old code
is held ok enter hold
expect_status 4 suture apply --timeout 1 "$(spm hold)"
expect_eq "$(proc hold "${pid[free]}" state)" patched "state of the other process"
trace_start waiting hold
is free ok new hold
is held ok old hold
trace_stop waiting 5
expect_eq "$(traced waiting free hold old) $(standing waiting free)" "0 new" "calls of the patched one"
[ "$(traced waiting free hold new)" -gt 0 ] || die "no new call of the patched one"
[ "$(traced waiting held hold old)" -gt 0 ] || die "no old call of the waiting one"
expect_eq "$(traced waiting held hold new) $(standing waiting held)" "0 old" "calls of the waiting one"
expect_eq "$(verdict waiting)" alive verdict
is held "6 0" leave
wait_for 5 state_is hold "${pid[held]}" patched
trace_start later hold
is held ok new hold
trace_stop later 0
expect_eq "$(traced later held hold old) $(verdict later)" "0 dead" "afterwards"
revert hold
stop held
stop free
