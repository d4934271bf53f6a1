#!/bin/bash
# meaning: a thread whose vfork child sleeps holds its process up, and is named, until the child ends
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start forker "$T/threads/forker"
ask forker nap 1500
napper=$answer
suture apply --no-wait "$(spm replace)"
sleep 0.3
expect_eq "$(proc replace "${pid[forker]}" state)" waiting "state while the child sleeps"
expect_eq "$(proc replace "${pid[forker]}" reason)" forking "reason"
expect_eq "$(proc replace "${pid[forker]}" tid)" "$napper" "the thread that is named"
text "${pid[forker]}" libfuncs.so 0
is forker old napped
wait_for 5 state_is replace "${pid[forker]}" patched
is forker new one vfork
expect_eq "$(cat /sys/kernel/suture/replace/transition)" 0 transition
revert replace
is forker old one vfork
stop forker
