#!/bin/bash
# meaning: a program that copies its patched text to anonymous memory keeps the patch, and status says why
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
expect_status 5 suture apply "$(spm replace)"
is dl 1005 answer
expect_eq "$(proc replace "${pid[dl]}" state)" refused "state"
expect_eq "$(proc replace "${pid[dl]}" reason)" copied "reason"
expect_status 4 suture revert --timeout 2 replace
is other ok old replace
is dl 1005 answer
stop dl
for ((i = 0; i < 50; i++)); do
	loaded replace || break
	sleep 0.2
done
! loaded replace || die "the patch does not go although nobody uses it"
