#!/bin/bash
# meaning: threads that spin in the function go over to the new one and back, and never see anything else
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start spin "$T/funcs/funcs"
is spin "ok 4" spin 4
for round in 1 2; do
	ask spin counts
	nap 0.2
	ask spin counts
	expect_eq "$(part new)" 0 "new results before apply $round"
	[ "$(part old)" -gt 0 ] || die "the threads do not spin"
	apply replace
	ask spin counts
	expect_eq "$(part bad)" 0 "wrong results while it went in"
	nap 0.2
	ask spin counts
	expect_eq "$(part old)" 0 "old results once it is in"
	[ "$(part new)" -gt 0 ] || die "the threads do not spin"
	revert replace
	ask spin counts
	expect_eq "$(part bad)" 0 "wrong results while it went out"
done
# quiescent as well: the threads are inside now and then
apply replace-quiescent
ask spin counts
nap 0.2
ask spin counts
expect_eq "$(part old)" 0 "old results once the quiescent one is in"
expect_eq "$(part bad)" 0 "wrong results"
revert replace-quiescent
ask spin counts
nap 0.2
ask spin counts
expect_eq "$(part new)" 0 "new results once it is out"
text "${pid[spin]}" libfuncs.so 0
stop spin
