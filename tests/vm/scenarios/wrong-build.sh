#!/bin/bash
# meaning: a patch for another build of the library is refused, and the builds that are there are named
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/funcs/funcs"
expect_status 3 suture apply "$(spm wrong-build)"
expect_match "$output" "0102030405060708090a0b0c0d0e0f1011121314" "the wanted build-id is told"
expect_match "$output" "libfuncs.so" "the file is told"
! loaded wrong-build || die "it was loaded"
is one ok old replace
text "${pid[one]}" libfuncs.so 0
# the file itself, named, has another build-id
expect_status 1 suture apply --file "$LIB" "$(spm wrong-build)"
# it is right for the other build, and only for that
start other "$T/funcs/funcs-dl"
is other "5 1" open "$T/funcs/other/libfuncs.so"
apply wrong-build
is other 1005 answer
is one ok old replace
text "${pid[one]}" funcs/libfuncs.so 0
revert wrong-build
is other 5 answer
stop one
