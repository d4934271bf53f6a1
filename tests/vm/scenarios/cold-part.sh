#!/bin/bash
# meaning: a thread in the part of a function that the compiler put elsewhere is inside the function
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start held "$T/threads/holder"
is held ok enter cold
ask held tid
tid=$answer
suture apply --no-wait "$(spm cold)"
wait_for 5 state_is cold "${pid[held]}" waiting
expect_eq "$(proc cold "${pid[held]}" function)" coldly "the function that is named"
expect_eq "$(proc cold "${pid[held]}" tid)" "$tid" "the thread that is named"
is held ok old cold
is held "4 0" leave
wait_for 5 state_is cold "${pid[held]}" patched
is held ok new cold
revert cold
is held ok old cold
stop held
