#!/bin/bash
# meaning: a stopped process is not woken for hooks but waits; they run when it goes on, and its parent saw nothing
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start p "$T/hooks/hooked"
is p ok asleep 2
is p ok spin 1
kill -STOP "${pid[p]}"
stopped() {
	! grep -q '^State:.*[^T] (' /proc/"$1"/task/*/status
}
wait_for 10 stopped "${pid[p]}"
before=$(awk '/ctxt/ { n += $2 } END { print n }' "/proc/${pid[p]}/task/"*/status)
suture apply --no-wait "$(spm hooked)"
nap 1
expect_eq "$(proc hooked "${pid[p]}" state)" waiting "state"
suture status hooked
expect_eq "$(of_status "${pid[p]}" State)" T "still stopped"
after=$(awk '/ctxt/ { n += $2 } END { print n }' "/proc/${pid[p]}/task/"*/status)
expect_eq "$after" "$before" "switches of its threads"
kill -CONT "${pid[p]}"
wait_for 20 state_is hooked "${pid[p]}" patched
is p 101 call
is p "1:2 2:101" log
kill -STOP "${pid[p]}"
wait_for 10 stopped "${pid[p]}"
suture revert --no-wait hooked
nap 0.5
loaded hooked || die "gone out without its hooks"
kill -CONT "${pid[p]}"
wait_for 20 eval '! loaded hooked'
is p 2 call
is p "3:101 4:2" log
stop p
