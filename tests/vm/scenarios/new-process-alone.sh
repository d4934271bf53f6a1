#!/bin/bash
# meaning: a patch for a file that no process maps yet is applied to the first that does
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

suture apply --file "$LIB" "$(spm replace)"
expect_eq "$(total replace total)" 0 "processes"
start late "$T/funcs/funcs"
is late 1001 first
is late ok new replace
expect_eq "$(total replace patched)" 1 "processes patched"
revert replace
is late ok old replace
