#!/bin/bash
# meaning: the new function uses the target's imports, its errno, its thread-local and its stderr
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/funcs/funcs"
is one ok old imports
apply imports
is one -1 text nonsense
is one ok new imports
is one ok new imports
text "${pid[one]}" libfuncs.so 1
is one ok old replace
revert imports
is one ok old imports
text "${pid[one]}" libfuncs.so 0
expect_eq "$(cat one.err)" "not a number" "what the process wrote to its stderr"
stop one
