#!/bin/bash
# meaning: hooks run in a process whose only thread holds another patch up, asleep, and that one goes in when it is back
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start p "$T/hooks/hooked"
is p ok nest "$LIB"
suture apply --no-wait "$(spm hold)"
wait_for 5 state_is hold "${pid[p]}" waiting
expect_eq "$(proc hold "${pid[p]}" function)" hold "what it is inside of"
# tried COUNT: that patch was tried again since then, and has asked the thread to tell
tried() {
	[ "$(proc hold "${pid[p]}" attempts)" -gt "$1" ]
}
first=
for round in 1 2 3; do
	wait_for 5 tried "$(proc hold "${pid[p]}" attempts)"
	apply hooked --timeout 5
	expect_eq "$(proc hold "${pid[p]}" state)" waiting "the other patch"
	attempts=$(proc hooked "${pid[p]}" attempts)
	revert hooked --timeout 5
	ok "round $round: $attempts attempts"
	[ "$attempts" != 1 ] || first=$round
	[ -z "$first" ] || break
done
[ -n "$first" ] || die "the thread never runs hooks when it is asked first"
is p 6 back
wait_for 5 state_is hold "${pid[p]}" patched
is p 2 call
ask p log
expect_match "$answer" "^(1:2 2:101 3:101 4:2 ?)+$" "each hook once a round: $answer"
revert hold
stop p
