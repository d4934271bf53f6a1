#!/bin/bash
# meaning: a process is patched as soon as the thread that holds it up comes back, not when it is tried again
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/threads/holder"
# Where the processor is elsewhere for a moment it takes longer; without the nudge it would be so
# each time.
quick=0
for ((round = 1; quick < 4 && round <= 6; round++)); do
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
	[ $took -gt 500 ] || quick=$((quick + 1))
	ok "round $round: $took ms"
	revert hold
done
expect_eq $quick 4 "rounds that took no more than half a second"
stop one
