#!/bin/bash
# meaning: a process that dlopens the library after the patch runs the new code at once, each time again
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start first "$T/funcs/funcs"
start dl "$T/funcs/funcs-dl"
apply replace
expect_eq "$(proc replace "${pid[dl]}" state)" "" "state of a process without the library"
for round in 1 2 3; do
	is dl "1005 1001" open "$LIB"
	expect_eq "$(proc replace "${pid[dl]}" state)" patched "state with the library"
	text "${pid[dl]}" libfuncs.so 1
	is dl ok close
done
is dl "1005 1001" open "$LIB"
revert replace
is dl 5 answer
text "${pid[dl]}" libfuncs.so 0
expect_eq "$(count_maps "${pid[dl]}" .spm)" 0 "mappings of the patch after the revert"
is dl ok close
is dl "5 1" open "$LIB"
stop first
