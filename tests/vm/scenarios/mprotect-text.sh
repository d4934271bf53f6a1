#!/bin/bash
# meaning: text that was not executable is not applicable; applying again finds it once it is
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start other "$T/funcs/funcs"
start dl "$T/funcs/funcs-dl"
is dl "5 1" open "$LIB"
is dl ok hide
apply replace
expect_eq "$(proc replace "${pid[dl]}" state)" "not applicable" "state of text that cannot be executed"
is dl ok show
is dl 5 answer
apply replace
is dl 1005 answer
expect_eq "$(proc replace "${pid[dl]}" state)" patched "state"
revert replace
is dl 5 answer
text "${pid[dl]}" libfuncs.so 0
