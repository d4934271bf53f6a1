#!/bin/bash
# meaning: a hook that does not end is left after its second, the process runs on as before, and status names it
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# late DEED VALUE: of pre_patch
late() {
	start p "$T/hooks/hooked"
	is p ok spin 1
	is p ok asleep 2
	is p ok deed 1 "$1" "$2"
	local before after
	before=$(now_ms)
	expect_status 5 suture apply "$(spm hooked)"
	after=$(now_ms)
	expect_eq "$(proc hooked "${pid[p]}" state)" failed "state"
	expect_eq "$(proc hooked "${pid[p]}" error)" -110 "error"
	suture status hooked
	expect_le 1000 $((after - before)) "it had its second"
	expect_le $((after - before)) 12000 "time for it, ms"
	[ "$1" != 8 ] || kill -CONT "${pid[p]}"
	is p 2 call
	ask p log
	expect_match "$answer" '^1:2( 1:2)*$' "only pre_patch was run"
	ask p signals
	expect_eq "$(part wrong)" 0 "wrong masks and answers"
	is p ok deed 1 0 0
	revert hooked
	apply hooked
	is p 101 call
	is p "1:2 2:101" log
	revert hooked
	stop p
}

late 2 0	# loops
late 3 30	# sleeps in a system call
late 8 0	# stops its process; goes on later

# one that is late on the way out is asked again only when somebody asks for it again
start p "$T/hooks/hooked"
apply hooked
is p "1:2 2:101" log
is p ok deed 3 2 0
suture revert --no-wait hooked
wait_for 20 state_is hooked "${pid[p]}" failed
expect_eq "$(proc hooked "${pid[p]}" error)" -110 "error of the revert"
is p 101 call
is p 3:101 log
nap 2.5
is p none log
is p ok deed 3 0 0
revert hooked
is p 2 call
stop p

# after post_patch what is written stays, and it is told
start p "$T/hooks/hooked"
is p ok deed 2 2 0
apply hooked
expect_eq "$(proc hooked "${pid[p]}" state) $(proc hooked "${pid[p]}" reason)" "patched hook-late" "state"
expect_match "$(suture status hooked)" "patched: the post_patch hook .number 1. did not return in time" "status"
is p 101 call
is p ok deed 2 0 0
revert hooked
is p 2 call
apply hooked
expect_eq "$(proc hooked "${pid[p]}" state) $(proc hooked "${pid[p]}" reason)" "patched none" "state"
revert hooked
stop p
