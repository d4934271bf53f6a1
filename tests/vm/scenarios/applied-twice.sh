#!/bin/bash
# meaning: applying a patch twice says that it is applied already, and is no error
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/funcs/funcs"
expect_status 0 suture apply "$(spm replace)"
expect_status 0 suture apply "$(spm replace)"
expect_match "$output" "already applied" "it says so"
is one ok new replace
text "${pid[one]}" libfuncs.so 1
expect_eq "$(patches_listed)" 1 "patches loaded"
# another patch for the same function is another patch
apply replace-quiescent
expect_eq "$(patches_listed)" 2 "patches loaded"
revert replace-quiescent
is one ok new replace
expect_status 0 suture revert replace
is one ok old replace
expect_status 1 suture revert replace
expect_match "$output" "replace" "reverting what is not there names it"
stop one
