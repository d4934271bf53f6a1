#!/bin/bash
# meaning: a function is replaced in fifty processes at once, and comes back
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start crowd "$T/funcs/crowd" 50 "$T/funcs/funcs"
is crowd "all ok" old replace
apply replace
is crowd "all ok" new replace
expect_eq "$(total replace patched)" 50 "processes patched"
expect_eq "$(total replace total)" 50 "processes in all"
ask crowd pids
pids=$answer
expect_eq "$(mappers /replace.spm)" "$(tr ' ' '\n' <<<"$pids" | sort -n)" "the processes that map the patch"
revert replace
is crowd "all ok" old replace
expect_eq "$(mappers .spm)" "" "the processes that map a patch"
