#!/bin/bash
# meaning: a quiescent patch waits for a thread inside the function, says which and where, and goes in when it leaves
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start held "$T/threads/holder"
start free "$T/threads/holder"
is held ok enter hold
ask held tid
tid=$answer
expect_status 4 suture apply --timeout 1 "$(spm hold)"
# nothing of this process is changed; the other one does not wait for it
expect_eq "$(proc hold "${pid[held]}" state)" waiting "state"
expect_eq "$(proc hold "${pid[held]}" reason)" inside "reason"
expect_eq "$(proc hold "${pid[held]}" tid)" "$tid" "the thread that is named"
expect_eq "$(proc hold "${pid[held]}" thread)" holder "its name"
expect_eq "$(proc hold "${pid[held]}" function)" hold "the function that is named"
expect_match "$(suture status hold)" "${pid[held]}.*waiting.*$tid.*holder.*hold" "status for people"
text "${pid[held]}" libfuncs.so 0
is held ok old hold
expect_eq "$(proc hold "${pid[free]}" state)" patched "state of the other process"
is free ok new hold
expect_eq "$(</sys/kernel/suture/hold/transition)" 1 transition
# its old call ends as an old one, and then it is patched
is held "6 0" leave
wait_for 5 state_is hold "${pid[held]}" patched
wait_for 5 eval '[ "$(</sys/kernel/suture/hold/transition)" = 0 ]'
is held ok new hold
revert hold
is held ok old hold
is free ok old hold
text "${pid[held]}" libfuncs.so 0
