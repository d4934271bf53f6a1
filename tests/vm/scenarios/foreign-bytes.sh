#!/bin/bash
# meaning: a process whose own text was changed by somebody else is refused and left alone; the others are patched
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start changed "$T/funcs/funcs"
start other "$T/funcs/funcs"
is changed ok break
is changed ok old replace
before=$("$T/tools/textcheck" "${pid[changed]}" libfuncs.so)
expect_match "$before" "1 places, 1 bytes" "its text differs in one byte"
expect_status 5 suture apply "$(spm replace)"
expect_eq "$(proc replace "${pid[changed]}" state)" refused "state"
expect_eq "$(proc replace "${pid[changed]}" reason)" old-bytes "reason"
expect_eq "$(proc replace "${pid[changed]}" function)" answer "the function that is named"
expect_eq "$(proc replace "${pid[other]}" state)" patched "state of the other"
is changed ok old replace
is other ok new replace
expect_eq "$("$T/tools/textcheck" "${pid[changed]}" libfuncs.so)" "$before" "its text"
expect_eq "$(count_maps "${pid[changed]}" .spm)" 0 "mappings of the patch"
revert replace
is changed ok old replace
is other ok old replace
expect_eq "$("$T/tools/textcheck" "${pid[changed]}" libfuncs.so)" "$before" "its text"
# a patch of other functions takes no offence
apply static-function
is changed ok new static-function
revert static-function
# all or nothing: with the byte as it was it is patched
is changed ok mend
apply replace
is changed ok new replace
revert replace
text "${pid[changed]}" libfuncs.so 0
stop changed
