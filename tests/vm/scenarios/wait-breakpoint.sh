#!/bin/bash
# meaning: what a process that waits keeps goes with the patch, though a breakpoint was set on the function meanwhile
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# peek ADDRESS: the four bytes there, in hex digits
peek() {
	dd if="/proc/${pid[held]}/mem" bs=1 count=4 skip="$1" status=none | od -An -tx1 | tr -d ' \n'
}

# poke ADDRESS HEX: as a debugger does
poke() {
	local escaped='' i
	for ((i = 0; i < ${#2}; i += 2)); do
		escaped+="\\x${2:i:2}"
	done
	printf '%b' "$escaped" |
		dd of="/proc/${pid[held]}/mem" bs=4 count=1 seek="$1" oflag=seek_bytes conv=notrunc status=none
}

start held "$T/threads/holder"
at=$(($(load_address "${pid[held]}" libfuncs.so) + $(old_address hold hold)))
bytes=$(peek "$at")
is held ok enter hold
expect_status 4 suture apply --timeout 0.3 "$(spm hold)"
[ "$(count_maps "${pid[held]}" /hold.spm)" -gt 0 ] || die "nothing is mapped for the next try"
poke "$at" "$BREAKPOINT"
wait_for 20 state_is hold "${pid[held]}" refused
expect_eq "$(proc hold "${pid[held]}" reason)" old-bytes "reason beside a breakpoint"
revert hold --timeout 5
expect_eq "$(count_maps "${pid[held]}" .spm)" 0 "mappings of the patch"
expect_match "$(peek "$at")" "^$BREAKPOINT" "the breakpoint"
poke "$at" "$bytes"
is held "6 0" leave
is held ok old hold
text "${pid[held]}" libfuncs.so 0

# and where it goes before the patch, the process gets it
is held ok enter hold
expect_status 4 suture apply --timeout 0.3 "$(spm hold)"
poke "$at" "$BREAKPOINT"
wait_for 20 state_is hold "${pid[held]}" refused
poke "$at" "$bytes"
expect_status 4 suture apply --timeout 0.3 "$(spm hold)"
is held "6 0" leave
wait_for 20 state_is hold "${pid[held]}" patched
is held ok new hold
revert hold
is held ok old hold
expect_eq "$(count_maps "${pid[held]}" .spm)" 0 "mappings of the patch that is gone"
stop held
