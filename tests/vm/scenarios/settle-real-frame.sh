#!/bin/bash
# meaning: a second opinion overrules no real frame, neither behind nor before a frame without unwind table, nor vfork's
# limit: 200
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/unwind/unwind"
one=${pid[one]}
ask one tid
tid=$answer

# verdict: of the worker, by hand, while the transition goes on
verdict() {
	local text status=0
	text=$(suture settle --json unwound) || status=$?
	[ $status = 4 ] || die "suture settle: status $status: $text"
	jq -r --argjson tid "$tid" 'first(.patches[0].threads[] | select(.tid == $tid)) |
		"\(.verdict): \(.text)"' <<<"$text"
}

# held WAY VERDICT VALUE: the patch waits until the worker is out of it
held() {
	local got
	is one ok enter "$1"
	expect_status 4 suture apply --timeout 2 "$(spm unwound)"
	got=$(verdict)
	expect_match "$got" "$2" "$1: $got"
	expect_eq "$(proc unwound "$one" state)" waiting "$1: state"
	text "$one" libunwound.so 0
	is one "$3" leave
	wait_for 5 state_is unwound "$one" patched
	revert unwound
	is one "1 2 2" value
}

held inside "^inside: frame [0-9]+ is in visit \(libunwound.so\)$" 1
held untabled-inside "^uncertain: frame [0-9]+, untabled \(unwind\), has no unwind table$" 1
held untabled-outside "^inside: frame [0-9]+ is in visit" 1
held untabled-stale "^uncertain: frame [0-9]+, untabled" 0
# its return address is in a register, and nowhere else
held vfork "^inside: frame 1 is in spawn" 5

# revert: inside the new function
apply unwound
is one ok enter inside
expect_status 4 suture revert --timeout 2 unwound
got=$(verdict)
expect_match "$got" "^inside: frame [0-9]+ is in .*unwound.spm" "$got"
[ "$(count_maps "$one" /unwound.spm)" -gt 0 ] || die "the code that a thread is in is unmapped"
is one 20 leave
wait_for 5 eval '! loaded unwound'
# no frame, but a pointer to a function of the patch that will be called
apply unwound
is one ok enter pointer
expect_status 4 suture revert --timeout 2 unwound
got=$(verdict)
expect_match "$got" "^uncertain: its stack or a register has a pointer to plus_forty" "$got"
is one 41 leave
wait_for 5 eval '! loaded unwound'
is one "1 2 2" value
stop one
