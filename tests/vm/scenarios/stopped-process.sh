#!/bin/bash
# meaning: a stopped process is patched without being woken
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start parent "$T/threads/parent"
ask parent child
child=$answer
kill -STOP "$child"
wait_for 5 eval '[ "$(of_status "$child" State)" = T ]'
nap 0.1
is parent "chld 1 stopped 1 continued 0 ended 0" seen
for patch in replace replace-quiescent; do
	switches=$(awk '/_switches/ { print $2 }' "/proc/$child/status")
	apply "$patch"
	expect_eq "$(of_status "$child" State)" T "state of the process"
	text "$child" libfuncs.so 1
	expect_eq "$(awk '/_switches/ { print $2 }' "/proc/$child/status")" "$switches" "its context switches"
	is parent "chld 0 stopped 0 continued 0 ended 0" seen
	if [ "$patch" = replace ]; then
		revert replace
		text "$child" libfuncs.so 0
		expect_eq "$(of_status "$child" State)" T "state of the process"
	fi
done
kill -CONT "$child"
is parent new saw
ask parent seen
expect_eq "$(part stopped) $(part ended)" "0 0" "stops and ends after it goes on"
revert replace-quiescent
is parent old saw
stop parent
