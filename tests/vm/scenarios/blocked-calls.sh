#!/bin/bash
# meaning: sixteen kinds of blocked system calls see no EINTR and no early return while patches go in and out
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start sleepers "$T/threads/sleepers"
is sleepers "ok 16" start 700
for round in 1 2 3 4 5; do
	apply replace
	is sleepers ok new replace
	revert replace
	is sleepers ok old replace
	apply pair
	is sleepers ok new pair
	revert pair
	is sleepers ok old pair
done
undisturbed sleepers
rounds=$(part rounds)
[ "$rounds" -ge 32 ] || die "only $rounds rounds"
ok "$rounds rounds without EINTR, early return or failure"
# the same threads do notice what wakes them: without this the zeros mean nothing
is sleepers 16 inside
kill -STOP "${pid[sleepers]}"
sleep 0.1
kill -CONT "${pid[sleepers]}"
ask sleepers report
[ "$(part eintr)" -ge 4 ] || die "a stop signal is not noticed: $answer"
ok "a stop signal gives $(part eintr) EINTRs"
