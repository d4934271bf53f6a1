#!/bin/bash
# meaning: ten integer and ten double arguments reach the new function
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/funcs/funcs"
is one ok old ten-args
apply ten-args
is one ok new ten-args
is one ok new ten-args
text "${pid[one]}" libfuncs.so 1
is one ok old replace
revert ten-args
is one ok old ten-args
text "${pid[one]}" libfuncs.so 0
stop one
