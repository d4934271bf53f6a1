#!/bin/bash
# meaning: a process is patched as soon as the thread that holds it up comes back, not when it is tried again
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/threads/holder"
slow=0
for round in 1 2 3 4 5; do
	is one ok enter hold
	suture apply --no-wait "$(spm hold)"
	# the next try is almost a second away now
	nap 2.2
	expect_eq "$(</sys/kernel/suture/hold/transition)" 1 "transition with the thread inside"
	before=$(now_ms)
	ask one leave
	while [ "$(</sys/kernel/suture/hold/transition)" = 1 ]; do
		nap 0.01
	done
	took=$(($(now_ms) - before))
	[ $took -le 500 ] || slow=$((slow + 1))
	ok "round $round: $took ms"
	revert hold
done
expect_le $slow 1 "rounds that took more than half a second"
stop one
