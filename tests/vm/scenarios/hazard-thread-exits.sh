#!/bin/bash
# meaning: threads that end by themselves, and first threads that end before the others, while a process is held
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

for kind in exits leader; do
	start $kind "$T/hazard/storm" $kind 2
	"$T/hazard/turns" -t $((2 * SUTURE_FACTOR)) -j -d $((5 * SUTURE_FACTOR)) "$(spm replace)" 1000 "$LIB"
	ask $kind report
	expect_eq "$(part late) $(part bad)" "0 0" "late and bad calls"
	[ "$(part judged)" -gt 0 ] && [ "$(part births)" -gt 0 ] || die "too little happened: $answer"
	is $kind ok stop
	stop $kind
done
