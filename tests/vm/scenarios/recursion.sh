#!/bin/bash
# meaning: a recursive function is replaced, which calls itself through the target as well
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/funcs/funcs"
is one ok old recursion
apply recursion
is one ok new recursion
is one ok new recursion
text "${pid[one]}" libfuncs.so 1
is one ok old replace
revert recursion
is one ok old recursion
text "${pid[one]}" libfuncs.so 0
stop one
