#!/bin/bash
# meaning: signals that come during a hook are handled afterwards, with the mask from before; to the main thread in a call that is woken, too
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start p "$T/hooks/hooked"
for round in 1 2 3; do
	is p ok deed 1 3 30
	suture apply --no-wait "$(spm hooked)"
	for ((i = 0; i < 5; i++)); do
		kill -USR1 "${pid[p]}"
		kill -USR2 "${pid[p]}"
		nap 0.1
	done
	wait_for 20 state_is hooked "${pid[p]}" failed
	ask p signals
	[ "$(part usr1)" -ge "$round" ] || die "SIGUSR1 is lost: $answer"
	[ "$(part usr2)" -ge "$round" ] || die "SIGUSR2 is lost: $answer"
	expect_eq "$(part wrong)" 0 "wrong masks"
	revert hooked
	is p ok deed 1 0 0
	apply hooked
	kill -USR1 "${pid[p]}"
	is p 101 call
	ask p log
	revert hooked
	ask p log
done
stop p
