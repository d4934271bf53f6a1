#!/bin/bash
# meaning: threads asleep in epoll_wait, nanosleep, read, futex and poll are patched and sleep on, however long
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start sleepers "$T/threads/sleepers"
# the calls end after this scenario's end only
is sleepers "ok 5" start 600000 epoll_wait nanosleep read futex poll
wait_for 5 eval '[ "$(ask sleepers inside; echo $answer)" = 5 ]'
switches() {
	local task
	for task in /proc/"${pid[sleepers]}"/task/*; do
		[ "${task##*/}" = "${pid[sleepers]}" ] ||
			awk '/_switches/ { printf "%s ", $2 }' "$task/status"
	done
}
asleep() {
	! grep -q '^State:.*[^S] (' /proc/"${pid[sleepers]}"/task/*/status
}
wait_for 5 asleep
before=$(switches)
for patch in replace replace-quiescent pair; do
	apply "$patch"
	text "${pid[sleepers]}" libfuncs.so "$([ $patch = pair ] && echo 2 || echo 1)"
	is sleepers ok new "${patch%-quiescent}"
	revert "$patch"
	is sleepers ok old "${patch%-quiescent}"
done
expect_eq "$(switches)" "$before" "context switches of the five threads"
is sleepers 5 inside
is sleepers "rounds 0 eintr 0 early 0 failed 0" report
