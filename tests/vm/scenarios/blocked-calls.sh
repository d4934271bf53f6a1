#!/bin/bash
# meaning: sixteen kinds of blocked system calls see no EINTR and no early return while patches go in and out
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start sleepers "$T/threads/sleepers"
is sleepers "ok 16" start 700
# Each call ends twice meanwhile, however fast that goes.
rounds=0
for ((i = 0; i < 5 || (rounds < 32 && i < 100); i++)); do
	apply replace
	is sleepers ok new replace
	revert replace
	is sleepers ok old replace
	apply pair
	is sleepers ok new pair
	revert pair
	is sleepers ok old pair
	ask sleepers report
	rounds=$(part rounds)
done
undisturbed sleepers
rounds=$(part rounds)
[ "$rounds" -ge 32 ] || die "only $rounds rounds"
ok "$rounds rounds without EINTR, early return or failure"
# the same threads do notice what wakes them: without this the zeros mean nothing
stop_is_noticed() {
	wait_for 10 eval 'ask sleepers inside; [ "$answer" = 16 ]'
	kill -STOP "${pid[sleepers]}"
	wait_for 5 all_stopped
	kill -CONT "${pid[sleepers]}"
	# each thread counts when its turn comes
	nap 0.5
	ask sleepers report
	[ "$(part eintr)" -ge 4 ]
}
all_stopped() {
	! grep -q '^State:.*[^T] (' /proc/"${pid[sleepers]}"/task/*/status
}
wait_for 10 stop_is_noticed
ok "a stop signal gives $(part eintr) EINTRs"
