#!/bin/bash
# meaning: functions in pages that may be entered only at landing pads (BTI) are replaced, through a pointer and by direct calls, and their old code is called
# arch: arm64
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# guarded PID: the flag of every mapping of the library's text, "bt" among them where it is guarded
guarded() {
	awk '/^[0-9a-f]+-/ { text = /r-xp .*libguarded.so/ } text && /^VmFlags:/ { print / bt( |$)/ ? "yes" : "no" }' \
		"/proc/$1/smaps" | sort -u
}
lib=libguarded.so
start one "$T/arm64/guarded"
expect_eq "$(guarded "${pid[one]}")" yes "guarded text"
is one 4 trap		# SIGILL: the processor does look
is one "101 12 201 12 304 408" value
apply guarded
start two "$T/arm64/guarded"
for name in one two; do
	is $name "1101 1012 1201 1012 1304 1408" value
	text "${pid[$name]}" $lib 4
	expect_eq "$(guarded "${pid[$name]}")" yes "guarded text"
	is $name 4 trap
done
revert guarded
for name in one two; do
	is $name "101 12 201 12 304 408" value
	text "${pid[$name]}" $lib 0
done
# in and out under threads: never a wrong value, never a fault
tell one mixed 12
for ((i = 0; i < 6; i++)); do
	apply guarded
	revert guarded
done
hear one
expect_match "$answer" '^changes [0-9]+$' "no wrong value: $answer"
[ "$(part changes)" -ge 6 ] || die "the threads saw too little of it: $answer"
stop one
stop two
