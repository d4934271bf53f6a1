#!/bin/bash
# meaning: a hook of a new process that says no and starts a thread, so that nothing can be written at once: the branches go all the same, the process is refused with the hook's number, and the hook is asked once
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# calls_old NAME: what it calls is not the patch any more
calls_old() {
	ask "$1" call
	[ "$answer" = 2 ]
}

start first "$T/hooks/hooked"
apply hooked
ln -s "$T/hooks/hooked" hooked-nothread
start no ./hooked-nothread
wait_for 20 state_is hooked "${pid[no]}" refused
expect_eq "$(proc hooked "${pid[no]}" error)" 5 "its number"
wait_for 20 calls_old no
text "${pid[no]}" libhooked.so 0
expect_eq "$(count_threads "${pid[no]}")" 2 "its threads"
is first 101 call
revert hooked
expect_eq "$(mappers /hooked.spm)" "" "processes that map the patch"
# asked once, and on the way out not at all
is no "1:101" log
is first "1:2 2:101 3:101 4:2" log
stop no
stop first
