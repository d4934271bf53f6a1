#!/bin/bash
# meaning: two functions whose contract changes together change together
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start pairs "$T/threads/pairs"
start held "$T/threads/holder"
is pairs ok start 2
for round in 1 2 3; do
	apply pair
	ask pairs report
	expect_eq "$(part mixed)" 0 "mixed results while it went in"
	nap 0.1
	ask pairs report
	[ "$(part new)" -gt 0 ] || die "the threads do not run: $answer"
	expect_eq "$(part old)" 0 "old results once it is in"
	is held ok new pair
	revert pair
	ask pairs report
	expect_eq "$(part mixed)" 0 "mixed results while it went out"
	is held ok old pair
done
# a thread between the two holds both up; it leaves with the old contract
is held ok enter pair
suture apply --no-wait "$(spm pair)"
wait_for 5 state_is pair "${pid[pairs]}" patched
expect_eq "$(proc pair "${pid[held]}" state)" waiting "state"
expect_eq "$(proc pair "${pid[held]}" function)" pair_outer "the function that is named"
is held "40 1" leave
wait_for 5 state_is pair "${pid[held]}" patched
revert pair
# by force both change under it, and its result is wrong: so the waiting is for something
is held ok enter pair
apply pair --force
is held "34 7" leave
revert pair
is held ok old pair
stop held
stop pairs
