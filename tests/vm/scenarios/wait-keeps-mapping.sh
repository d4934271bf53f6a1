#!/bin/bash
# meaning: a process that waits keeps what was mapped for it: each try uses it, and it goes with the patch though a thread sleeps inside
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

mapping() {
	grep -F /hold.spm "/proc/${pid[held]}/maps" || true
}

# where the last bytes of its data are, which nobody uses
spare() {
	echo $((0x$(mapping | sed -n 's/^[0-9a-f]*-\([0-9a-f]*\) rw-p .*/\1/p') - 4))
}

# KiB of the library's text that are the process's own
own_text() {
	awk '/^[0-9a-f]+-/ { text = / r-xp .*libfuncs\.so/ } text && /^Anonymous:/ { print $2 }' \
		"/proc/${pid[held]}/smaps"
}

tries() {
	proc hold "${pid[held]}" attempts
}

more_tries() {
	[ "$(tries)" -ge $((before + 3)) ]
}

start held "$T/threads/holder"
for round in 1 2 3; do
	is held ok enter hold
	expect_status 4 suture apply --timeout 0.3 "$(spm hold)"
	kept=$(mapping)
	[ -n "$kept" ] || die "nothing is mapped for the next try"
	text "${pid[held]}" libfuncs.so 0
	at=$(spare)
	printf kept | dd "of=/proc/${pid[held]}/mem" bs=1 seek="$at" conv=notrunc status=none
	before=$(tries)
	wait_for 20 more_tries
	expect_eq "$(mapping)" "$kept" "mappings of the patch after $(tries) tries"
	is held "6 0" leave
	wait_for 20 state_is hold "${pid[held]}" patched
	expect_eq "$(mapping)" "$kept" "mappings of the patch that is in force"
	expect_eq "$(dd "if=/proc/${pid[held]}/mem" bs=1 skip="$at" count=4 status=none)" kept "what was in them"
	is held ok new hold
	revert hold
	is held ok old hold
	expect_eq "$(mapping)" "" "mappings of the patch that is gone"
done

# It was never in force, so nobody can be inside, also where that could not be told.
is held ok enter hold
expect_status 4 suture apply --timeout 0.3 "$(spm hold)"
[ -n "$(mapping)" ] || die "nothing is mapped for the next try"
expect_eq "$(own_text)" 4 "KiB of text that are ready to be written"
revert hold --timeout 5
expect_eq "$(own_text)" 0 "KiB of text that were not given back"
expect_eq "$(mapping)" "" "mappings of the patch while a thread sleeps in the function"
is held "6 0" leave
is held ok old hold
stop held

start one "$T/unwind/unwind"
is one ok enter coroutine-inside
expect_status 4 suture apply --timeout 0.3 "$(spm unwound)"
expect_eq "$(proc unwound "${pid[one]}" reason)" altstack "reason beside a coroutine that is inside"
[ "$(count_maps "${pid[one]}" /unwound.spm)" -gt 0 ] || die "nothing is mapped for the next try"
revert unwound --timeout 5
expect_eq "$(count_maps "${pid[one]}" .spm)" 0 "mappings of the patch while the coroutine is inside"
is one 1 leave
is one "1 2 2" value
stop one
