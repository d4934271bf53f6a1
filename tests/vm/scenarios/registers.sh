#!/bin/bash
# meaning: registers, flags, vector registers and the red zone of spinning code stay intact while patches go in and out
# limit: 60
# sve: its registers are looked at, too
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

[ "$(uname -m)" != aarch64 ] || grep -q -m 1 -w sve /proc/cpuinfo || die "this processor has no SVE"
start spin "$T/threads/spin"
is spin ok start 3
for round in 1 2 3 4 5 6; do
	suture apply "$(spm replace)" >/dev/null
	suture revert replace >/dev/null
done
ask spin report
[ "$(part rounds)" -gt 100 ] || die "the threads do not spin: $answer"
expect_eq "$(part broken)" 0 "broken rounds of $(part rounds)"
apply pair
apply replace
ask spin report
nap 0.2
ask spin report
expect_eq "$(part broken)" 0 "broken rounds"
expect_eq "$(part old)" 0 "old answers once it is in"
[ "$(part new)" -gt 0 ] || die "no new answers: $answer"
revert replace
revert pair
ask spin report
nap 0.2
ask spin report
expect_eq "$(part broken)" 0 "broken rounds"
expect_eq "$(part new)" 0 "new answers once it is out"
stop spin
