#!/bin/bash
# meaning: what happens with handlers on an alternate signal stack and with coroutines, without and with a second opinion
# limit: 150
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/unwind/unwind"
one=${pid[one]}

# goes: the second opinion patches it although it waits without
goes() {
	is one ok enter "$1"
	expect_status 4 suture apply --no-unwind --timeout 2 "$(spm unwound)"
	expect_eq "$(proc unwound "$one" reason)" altstack "$1: reason"
	apply unwound --timeout $((20 * SUTURE_FACTOR))
	expect_eq "$(proc unwound "$one" state)" patched "$1: state"
	is one "$2" leave
	is one "20 3 41" value
	revert unwound
}

# waits WAY VERDICT VALUE: until it is out
waits() {
	local got
	is one ok enter "$1"
	expect_status 4 suture apply --timeout 2 "$(spm unwound)"
	expect_eq "$(proc unwound "$one" state)" waiting "$1: state"
	expect_status 4 suture settle unwound
	expect_match "$output" "$2" "$1: verdict"
	is one "$3" leave
	wait_for 5 state_is unwound "$one" patched
	is one "20 3 41" value
	revert unwound
}

# A handler: the tables lead on to what it interrupted, down to the thread's beginning.
goes signal 0
waits signal-inside "inside: frame [0-9]+ is in visit" 1
# A coroutine: they lead no further than to its end. Nothing is known of the thread's own stack.
waits coroutine "uncertain: frame [0-9]+, 0x[0-9a-f]+ of libc.so.6, has no unwind table" 0
waits coroutine-inside "uncertain: frame [0-9]+, 0x[0-9a-f]+ of libc.so.6, has no unwind table" 1
# One that is suspended is on no stack that anybody looks at: it ends in the old code.
is one ok enter suspended
apply unwound --timeout 5
is one "20 3 41" value
is one 1 leave
revert unwound
is one "1 2 2" value
stop one
