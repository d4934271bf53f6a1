#!/bin/bash
# meaning: a process with two threads opens and closes the library over and over: each time it has both patches, whole
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start other "$T/stack/stack"
start one "$T/stack/reopen"
is one "1,2,3 20" cycle 20 "$T/stack/libstack.so"
apply stack-low
apply stack-high
for round in 1 2 3; do
	is one "201,102,203 60" cycle 60 "$T/stack/libstack.so"
	is other "201 102 203" values
done
revert stack-high
is one "101,102,3 60" cycle 60 "$T/stack/libstack.so"
revert stack-low
is one "1,2,3 20" cycle 20 "$T/stack/libstack.so"
expect_eq "$(count_maps "${pid[one]}" .spm)" 0 "mappings of patches"
stop one
stop other
