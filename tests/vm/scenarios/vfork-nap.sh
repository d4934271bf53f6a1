#!/bin/bash
# meaning: a process is patched while a vfork child of it sleeps; the child, in the same memory, wakes up patched
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start forker "$T/threads/forker"
ask forker nap
napper=$answer
wait_for 10 pgrep -P "${pid[forker]}"
child=$(pgrep -P "${pid[forker]}")
for round in 1 2; do
	apply replace --timeout $((3 * SUTURE_FACTOR))
	text "${pid[forker]}" libfuncs.so 1
	text "$child" libfuncs.so 1
	expect_eq "$(proc replace "${pid[forker]}" state)" patched "state of the parent"
	[ "$round" = 2 ] || revert replace
done
# nobody was woken: the parent still waits in vfork
expect_match "$(cat "/proc/${pid[forker]}/task/$napper/stat")" "\\) D " "the parent's thread is in vfork"
is forker new napped
is forker new one vfork
revert replace
is forker old one vfork
text "${pid[forker]}" libfuncs.so 0
stop forker
