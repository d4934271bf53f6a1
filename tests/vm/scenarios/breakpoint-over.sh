#!/bin/bash
# meaning: a revert waits for a process in which a breakpoint stands over the branch, says so, and ends when it is gone
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# peek NAME ADDRESS: the byte there, two hex digits
peek() {
	dd if="/proc/${pid[$1]}/mem" bs=1 count=1 skip="$2" status=none | od -An -tx1 | tr -d ' '
}

# poke NAME ADDRESS BYTE: as a debugger does
poke() {
	printf '%b' "\\x$3" | dd of="/proc/${pid[$1]}/mem" bs=1 count=1 seek="$2" conv=notrunc status=none
}

start one "$T/frames/frames"
start other "$T/frames/frames"
ask one at visit
at=$answer
for patch in frames frames-two; do
	new="20 2" places=1
	[ $patch = frames ] || new="20 3" places=2
	apply $patch
	is one "$new" value
	expect_eq "$(proc $patch "${pid[one]}" state)" patched "state"
	text "${pid[one]}" libframes.so $places
	expect_eq "$(peek one "$at")" e9 "first byte of the branch"
	poke one "$at" cc
	expect_status 4 suture revert --timeout 2 $patch
	expect_eq "$(proc $patch "${pid[one]}" state)" refused "state"
	expect_eq "$(proc $patch "${pid[one]}" reason)" old-bytes "reason"
	expect_eq "$(proc $patch "${pid[one]}" function)" visit "the function that is named"
	expect_eq "$(cat /sys/kernel/suture/$patch/transition)" 1 transition
	[ "$(count_maps "${pid[one]}" /$patch.spm)" -gt 0 ] || die "the code behind the breakpoint is unmapped"
	expect_eq "$(peek one "$at")" cc "the breakpoint"
	# the other one does not wait for it
	is other "1 2" value
	expect_eq "$(count_maps "${pid[other]}" .spm)" 0 "mappings of the patch in the other"
	poke one "$at" e9
	# it works at once, with the new code or, if the revert was fast, the old
	ask one value
	expect_match "$answer" "^($new|1 2)$" "values with the byte put back: $answer"
	wait_for 5 eval "! loaded $patch"
	is one "1 2" value
	text "${pid[one]}" libframes.so 0
	expect_eq "$(count_maps "${pid[one]}" .spm)" 0 "mappings of the patch"
done
stop one
stop other
