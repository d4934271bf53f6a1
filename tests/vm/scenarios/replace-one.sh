#!/bin/bash
# meaning: a function of a library is replaced in a running process, and comes back
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/funcs/funcs"
is one ok old replace
text "${pid[one]}" libfuncs.so 0
apply replace
is one ok new replace
# the jump is all that changed, and there is no breakpoint anywhere
text "${pid[one]}" libfuncs.so 1
[ "$(count_maps "${pid[one]}" /replace.spm)" -gt 0 ] || die "the patch is not in the maps"
expect_eq "$(proc replace "${pid[one]}" state)" patched "state of the process"
expect_eq "$(</sys/kernel/suture/replace/enabled)" 1 enabled
expect_eq "$(</sys/kernel/suture/replace/transition)" 0 transition
expect_eq "$(</sys/kernel/suture/replace/version)" 1.0 version
# everything else is as it was
is one ok old recursion static-function static-data imports pair hold cold
revert replace
is one ok old replace
text "${pid[one]}" libfuncs.so 0
expect_eq "$(count_maps "${pid[one]}" .spm)" 0 "mappings of the patch after the revert"
# and in again
apply replace
is one ok new replace
revert replace
is one ok old replace
stop one
