#!/bin/bash
# meaning: a process with a thread in the middle of fork waits, as the child is a copy of what was before; then both are reverted
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

newest_thread() {
	find "/proc/${pid[midfork]}/task" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n | tail -1
}
in_fork() {
	grep -q ') D ' "/proc/${pid[midfork]}/task/$(newest_thread)/stat"
}

start midfork "$T/threads/midfork"
apply replace
is midfork 1005 answer
is midfork ok fork
wait_for 10 in_fork
expect_status 4 suture revert --timeout 1 replace
expect_eq "$(proc replace "${pid[midfork]}" state)" waiting "state while a thread is in fork"
expect_eq "$(proc replace "${pid[midfork]}" reason)" forking "the reason"
expect_eq "$(proc replace "${pid[midfork]}" tid)" "$(newest_thread)" "the thread"
is midfork 1005 answer
ask midfork finish
child=$answer
for ((i = 0; i < 50; i++)); do
	loaded replace || break
	nap 0.2
done
! loaded replace || die "the patch does not go"
is midfork 5 answer
is midfork 5 child
text "${pid[midfork]}" libfuncs.so 0
text "$child" libfuncs.so 0
expect_eq "$(count_maps "$child" .spm)" 0 "mappings of the patch in the child"
kill "$child"
stop midfork
