#!/bin/bash
# meaning: a revert waits for a thread inside the new function though a uretprobe hides the return address into it
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

tracing=/sys/kernel/tracing
[ -e $tracing/uprobe_events ] || skip "this kernel has no uprobe events"
start one "$T/frames/frames"
is one "1 2" value
ask one offset
trap 'echo 0 >$tracing/events/frames/enable; echo >$tracing/uprobe_events' EXIT
echo "r:frames/plain $T/frames/frames:$answer" >$tracing/uprobe_events
echo 1 >$tracing/events/frames/plain/enable
hits=0
for who in main enter; do
	apply frames
	is one "20 2" value
	expect_eq "$(proc frames "${pid[one]}" state)" patched "state"
	ask one $who plain
	expect_status 4 suture revert --timeout 1 frames
	state=$(proc frames "${pid[one]}" state)
	expect_match "$state" "^(waiting|draining)$" "$who: state: $state"
	expect_eq "$(proc frames "${pid[one]}" reason)" busy "reason"
	expect_eq "$(</sys/kernel/suture/frames/transition)" 1 transition
	[ "$(count_maps "${pid[one]}" /frames.spm)" -gt 0 ] || die "the code that a thread is in is unmapped"
	is one 20 leave
	hits=$((hits + 1))
	expect_eq "$(awk '$2 == "plain" { print $3 }' $tracing/uprobe_profile)" $hits "returns that were probed"
	wait_for 5 eval '! loaded frames'
	is one "1 2" value
	text "${pid[one]}" libframes.so 0
	expect_eq "$(count_maps "${pid[one]}" .spm)" 0 "mappings of the patch"
done
stop one
