#!/bin/bash
# meaning: an immediate patch does not wait for a thread inside the function; its code stays until that thread is out
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start held "$T/threads/holder"
is held ok enter hold
apply hold-now --timeout 5
expect_eq "$(proc hold-now "${pid[held]}" state)" patched "state while the thread is inside"
is held ok new hold
# the call that was under way ends as an old one
is held "6 0" leave
is held ok enter hold
# now it is the new one that is held: out of use at once, but not unmapped
suture revert --no-wait hold-now
wait_for 5 state_is hold-now "${pid[held]}" draining
is held ok old hold
text "${pid[held]}" libfuncs.so 0
[ "$(count_maps "${pid[held]}" /hold-now.spm)" -gt 0 ] || die "the code that a thread is in is unmapped"
ask held tid
expect_eq "$(proc hold-now "${pid[held]}" tid)" "$answer" "the thread that is named"
is held "7 0" leave
wait_for 5 eval '! loaded hold-now'
expect_eq "$(count_maps "${pid[held]}" .spm)" 0 "mappings of the patch"
is held ok old hold
stop held
