#!/bin/bash
# meaning: frames of code in memory of no file: patched at once, but a left-over word or a real frame above one is waited for
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/unwind/unwind"
one=${pid[one]}

# held WAY VALUE: what lies behind such a frame is not known, so nothing is overruled
held() {
	is one ok enter "$1"
	expect_status 4 suture apply --timeout 2 "$(spm unwound)"
	expect_status 4 suture settle unwound
	expect_match "$output" "uncertain: frame [0-9]+, 0x[0-9a-f]+ \(memory of no file\), has no unwind table" "$1"
	expect_eq "$(proc unwound "$one" state)" waiting "$1: state"
	expect_eq "$(proc unwound "$one" reason)" inside "$1: reason"
	is one "$2" leave
	wait_for 5 state_is unwound "$one" patched
	revert unwound
}

held jit-inside 1
held jit-stale 0
# without such a word nobody needs to unwind it
is one ok enter jit
apply unwound --no-unwind --timeout 5
expect_eq "$(proc unwound "$one" state)" patched "state"
is one 0 leave
is one "20 3 41" value
revert unwound
is one "1 2 2" value
stop one
