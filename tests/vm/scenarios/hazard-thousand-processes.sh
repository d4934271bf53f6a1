#!/bin/bash
# meaning: 1,000 processes are patched and reverted at once, and counted by suture and by the shell
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start many "$T/hazard/many" processes 1000
is many "all 1000" old
apply replace
expect_eq "$(total replace patched)" "$(mappers /libfuncs.so | wc -l)" "processes patched"
expect_eq "$(mappers /replace.spm | wc -l)" 1001 "processes that map the patch, by /proc"
is many "all 1000" new
revert replace
expect_eq "$(mappers /replace.spm | wc -l)" 0 "processes that map the patch, by /proc"
is many "all 1000" old
