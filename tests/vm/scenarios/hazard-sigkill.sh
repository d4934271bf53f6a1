#!/bin/bash
# meaning: processes with threads are killed at any moment of a transition: nobody hangs, and nothing is left of them
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start storm "$T/hazard/storm" kill 6
# on a slow kernel it takes a while until enough has happened
judged=0 births=0
for _ in 1 2 3; do
	"$T/hazard/turns" -t $((3 * SUTURE_FACTOR)) -j -d $((10 * SUTURE_FACTOR)) "$(spm replace)" 1000 "$LIB"
	ask storm report
	echo "$answer"
	expect_eq "$(part late) $(part bad)" "0 0" "late and bad calls"
	judged=$((judged + $(part judged))) births=$((births + $(part births)))
	[ "$judged" = 0 ] || [ "$births" -le 20 ] || break
done
[ "$judged" -gt 0 ] && [ "$births" -gt 20 ] || die "too little happened: $births births, $judged calls"
is storm ok stop
# one that waits for a thread inside: killed, it keeps nobody waiting
start held "$T/threads/holder"
is held ok enter hold
suture apply --no-wait "$(spm hold)"
wait_for 5 state_is hold "${pid[held]}" waiting
kill -KILL "${pid[held]}"
wait_for 5 eval '[ "$(</sys/kernel/suture/hold/transition)" = 0 ]'
revert hold
# one that drains
start drains "$T/threads/holder"
apply hold
is drains ok enter hold
expect_status 4 suture revert --timeout 1 hold
kill -KILL "${pid[drains]}"
wait_for 5 eval '! loaded hold'
