#!/bin/bash
# meaning: a hook that crashes, ends its thread or its process, or is killed with it: others go on, nothing is left behind
# limit: 120
# kernel-allow: hooked\[[0-9]+\]: segfault
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start other "$T/hooks/hooked"
# dies DEED VALUE STATUS KIND: the process whose hook does that ends with this status
dies() {
	local status=0
	start p "$T/hooks/hooked"
	is p ok asleep 3
	is p ok spin 1
	is p ok deed "$4" "$1" "$2"
	timeout 20 suture apply "$(spm hooked)" || true
	if [ "$4" -gt 2 ]; then
		is p 101 call
		timeout 20 suture revert hooked || true
	fi
	wait "${pid[p]}" || status=$?
	expect_eq "$status" "$3" "exit status after deed $1 in kind $4"
	unset "pid[p]"
	if [ "$4" -le 2 ]; then
		is other 101 call
		revert hooked
	fi
	is other 2 call
	ask other log
}
dies 5 0 139 1
dies 5 0 139 2
dies 5 0 139 3
dies 5 0 139 4
dies 6 9 9 1
dies 6 9 9 2
dies 6 9 9 3

# killed in the middle
start p "$T/hooks/hooked"
is p ok spin 2
is p ok deed 1 2 0
suture apply --no-wait "$(spm hooked)"
nap 0.4
kill -KILL "${pid[p]}"
status=0
wait "${pid[p]}" || status=$?
expect_eq "$status" 137 "exit status of the one that was killed"
wait_for 20 state_is hooked "${pid[other]}" patched
revert hooked
ask other log

# only the thread ends: the process lives, and is not asked again by itself
start p "$T/hooks/hooked"
is p ok spin 6
is p ok deed 1 7 0
timeout 20 suture apply "$(spm hooked)" || true
cat "/proc/${pid[p]}/task/"*/stat || true
suture status hooked
expect_eq "$(proc hooked "${pid[p]}" state)" failed "state"
# It may have been the main thread: then the process cannot be talked to, but goes on.
left=$(cat "/proc/${pid[p]}/task/"*/status 2>/dev/null | grep -c -E '^State:.[RSD]' || true)
[[ $left = [4-6] ]] || die "of 7 threads $left are left"
kill -KILL "${pid[p]}"
wait "${pid[p]}" || true
revert hooked
apply hooked
is other 101 call
revert hooked
stop other
