#!/bin/bash
# meaning: four threads that load, revert, list and wait at once leave no trace
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# it maps the target, so what is loaded by mistake would change it; it calls nothing
# of it meanwhile
start witness "$T/funcs/funcs"
before=$(maps "${pid[witness]}")
output=$("$T/tools/hostile" storm "$(spm replace)" "$LIB" 3000) || die "$output"
ok "$output"
expect_eq "$(patches_listed)" 0 "patches loaded"
text "${pid[witness]}" libfuncs.so 0
expect_eq "$(maps "${pid[witness]}")" "$before" "mappings of the witness"
is witness ok old replace
# the real one still works
apply replace
is witness ok new replace
revert replace
stop witness
