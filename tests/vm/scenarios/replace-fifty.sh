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
for id in $pids; do
	expect_eq "$(count_maps "$id" /replace.spm | sed 's/[1-9].*/some/')" some "mappings in $id"
done
revert replace
is crowd "all ok" old replace
for id in $pids; do
	expect_eq "$(count_maps "$id" .spm)" 0 "mappings in $id"
done
