#!/bin/bash
# meaning: a revert waits for a thread inside the new function that runs on a coroutine's or a self-disarming signal stack
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# Without threads the coroutine's stack and the main thread's control block are
# neighbours: it looks like the stack of a thread, with that block at its end.
start main "$T/frames/frames" alone
start enter "$T/frames/frames"
is main "1 2" value
is enter "1 2" value
for way in coroutine autodisarm; do
	for who in main enter; do
		apply frames
		is $who "20 2" value
		expect_eq "$(proc frames "${pid[$who]}" state)" patched "state"
		ask $who $who $way
		expect_status 4 suture revert --timeout 1 frames
		state=$(proc frames "${pid[$who]}" state)
		reason=$(proc frames "${pid[$who]}" reason)
		expect_match "$state" "^(waiting|draining)$" "$way, $who: state: $state"
		# the main thread's own stack is known, others are only known not to be it
		expect_match "$reason" "^(inside|altstack)$" "$way, $who: reason: $reason"
		expect_eq "$(</sys/kernel/suture/frames/transition)" 1 transition
		[ "$(count_maps "${pid[$who]}" /frames.spm)" -gt 0 ] ||
			die "the code that a thread is in is unmapped"
		is $who 20 leave
		wait_for 5 eval '! loaded frames'
		is $who "1 2" value
		text "${pid[$who]}" libframes.so 0
		expect_eq "$(count_maps "${pid[$who]}" .spm)" 0 "mappings of the patch"
	done
done
stop main
stop enter
