#!/bin/bash
# meaning: the new function reads and writes the target's own static data
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/funcs/funcs"
is one ok old static-data
apply static-data
is one ok new static-data
is one ok new static-data
text "${pid[one]}" libfuncs.so 1
is one ok old replace
revert static-data
is one ok old static-data
text "${pid[one]}" libfuncs.so 0
stop one
