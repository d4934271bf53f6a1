#!/bin/bash
# meaning: a revert finds a thread inside the new function behind a page of its stack that is a mapping of its own
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/frames/frames"
# held WHO WORDS: a revert waits while that thread is inside
held() {
	local state before
	apply frames
	is one "20 2" value
	before=$(wc -l <"/proc/${pid[one]}/maps")
	ask one "${@:2}" locked
	[ "$(wc -l <"/proc/${pid[one]}/maps")" -ge $((before + 2)) ] ||
		die "no page of the stack of $1 is a mapping of its own"
	expect_status 4 suture revert --timeout 1 frames
	state=$(proc frames "${pid[one]}" state)
	expect_match "$state" "^(waiting|draining)$" "state: $state"
	expect_eq "$(proc frames "${pid[one]}" reason)" inside "reason"
	expect_eq "$(</sys/kernel/suture/frames/transition)" 1 transition
	[ "$(count_maps "${pid[one]}" /frames.spm)" -gt 0 ] || die "the code that a thread is in is unmapped"
	is one 20 leave
	wait_for 5 eval '! loaded frames'
	is one "1 2" value
	text "${pid[one]}" libframes.so 0
	expect_eq "$(count_maps "${pid[one]}" .spm)" 0 "mappings of the patch"
}
is one "1 2" value
held "the main thread" main
held "another thread" enter
stop one
