#!/bin/bash
# meaning: while four threads call without pause, patches go in and out and traces begin and end; no call is lost or counted twice
# limit: 180
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/trace.sh

start one under_probes "$T/funcs/funcs"
start two under_probes "$T/funcs/funcs"
trace_start all "$(spm replace)"
tell one storm 4 20000
tell two storm 2 10000
for i in 1 2 3; do
	apply replace
	# a second trace sets its own probes and takes them away again
	trace_start "other$i" "$(spm replace)"
	revert replace
	trace_stop "other$i" 5
done
apply replace
declare -A old=() new=()
for name in one two; do
	hear $name
	ok "$name saw: $answer"
	old[$name]=$(part old) new[$name]=$(part new)
	expect_eq "$(part bad)" 0 "wrong results of $name"
done
trace_stop all 0
for name in one two; do
	# a call that is at its probe when the branch is written counts as behind it
	behind=$(traced all $name answer old_behind_branch)
	expect_eq "$(($(traced all $name answer old) + behind))" "${old[$name]}" "old calls of $name"
	expect_eq "$(traced all $name answer new)" "${new[$name]}" "new calls of $name"
	expect_le "$behind" 16 "calls of $name that were on their way then"
done
expect_eq "$(jq .lost all.json)" 0 "calls without room"
expect_status 0 suture status --verify
revert replace
for name in one two; do
	text "${pid[$name]}" libfuncs.so 0
	stop $name
done
