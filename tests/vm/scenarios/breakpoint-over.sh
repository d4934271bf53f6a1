#!/bin/bash
# meaning: a revert waits for a process in which a breakpoint stands over the branch, says so, and ends when it is gone
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# peek NAME ADDRESS: the four bytes there, in hex digits
peek() {
	dd if="/proc/${pid[$1]}/mem" bs=1 count=4 skip="$2" status=none | od -An -tx1 | tr -d ' \n'
}

# poke NAME ADDRESS HEX: as a debugger does
poke() {
	local escaped='' i
	for ((i = 0; i < ${#3}; i += 2)); do
		escaped+="\\x${3:i:2}"
	done
	printf '%b' "$escaped" |
		dd of="/proc/${pid[$1]}/mem" bs=4 count=1 seek="$2" oflag=seek_bytes conv=notrunc status=none
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
	bytes=$(peek one "$at")
	expect_match "$bytes" "$BRANCH" "the branch is $bytes"
	poke one "$at" "$BREAKPOINT"
	expect_status 4 suture revert --timeout 2 $patch
	expect_eq "$(proc $patch "${pid[one]}" state)" refused "state"
	expect_eq "$(proc $patch "${pid[one]}" reason)" old-bytes "reason"
	expect_eq "$(proc $patch "${pid[one]}" function)" visit "the function that is named"
	expect_eq "$(</sys/kernel/suture/$patch/transition)" 1 transition
	[ "$(count_maps "${pid[one]}" /$patch.spm)" -gt 0 ] || die "the code behind the breakpoint is unmapped"
	expect_match "$(peek one "$at")" "^$BREAKPOINT" "the breakpoint"
	# the other one does not wait for it
	is other "1 2" value
	expect_eq "$(count_maps "${pid[other]}" .spm)" 0 "mappings of the patch in the other"
	poke one "$at" "$bytes"
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
