#!/bin/bash
# meaning: a process that starts after the patch is patched before its first call
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# one process is there, so that the file is found
start first "$T/funcs/funcs"
apply replace
for i in 1 2 3; do
	start "later$i" "$T/funcs/funcs"
	is "later$i" 1001 first
	is "later$i" ok new replace
	expect_eq "$(proc replace "${pid[later$i]}" state)" patched "state of the new process"
done
expect_eq "$(total replace patched)" 4 "processes patched"
# programs that do not use the library are left alone
sleep 100 &
expect_eq "$(count_maps $! .spm)" 0 "mappings of a stranger"
stop first
revert replace
is later1 ok old replace
start after "$T/funcs/funcs"
is after 1 first
is after ok old replace
text "${pid[after]}" libfuncs.so 0
