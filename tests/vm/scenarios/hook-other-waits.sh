#!/bin/bash
# meaning: hooks run in a process whose only thread holds another patch up, asleep, and that one goes in when it is back
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start p "$T/hooks/hooked"
is p ok nest "$LIB"
suture apply --no-wait "$(spm hold)"
wait_for 5 state_is hold "${pid[p]}" waiting
expect_eq "$(proc hold "${pid[p]}" function)" hold "what it is inside of"
apply hooked --timeout 5
expect_eq "$(proc hooked "${pid[p]}" state)" patched "with hooks, from inside of that"
expect_eq "$(proc hold "${pid[p]}" state)" waiting "the other patch"
revert hooked --timeout 5
apply hooked --timeout 5
is p 6 back
wait_for 5 state_is hold "${pid[p]}" patched
is p 101 call
is p "1:2 2:101 3:101 4:2 1:2 2:101" log
revert hooked
revert hold
stop p
