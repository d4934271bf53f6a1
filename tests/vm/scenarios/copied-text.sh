#!/bin/bash
# meaning: a program that copies its patched text to anonymous memory stays patched, and is reverted there
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start other "$T/funcs/funcs"
start dl "$T/funcs/funcs-dl"
is dl "5 1" open "$LIB"
apply replace
is dl 1005 answer
is dl ok copy
is dl 1005 answer
# another look at all processes must not take the patch away from under the copy
apply replace
is dl 1005 answer
expect_eq "$(proc replace "${pid[dl]}" state)" patched "state"
revert replace
is dl 5 answer
is other ok old replace
expect_eq "$(count_maps "${pid[dl]}" .spm)" 0 "mappings of the patch after the revert"
# there is no text of the file any more that could be patched
apply replace
expect_eq "$(proc replace "${pid[dl]}" state)" "not applicable" "state of a copy alone"
revert replace
stop dl
