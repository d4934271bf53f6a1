#!/bin/bash
# meaning: with any byte of its ELF headers damaged a patch module is refused, or loads and goes out again
# limit: 300
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# it maps the target, so what is loaded by mistake would change it; it calls nothing
# of it meanwhile
start witness "$T/funcs/funcs"
before=$(maps "${pid[witness]}")
output=$("$T/tools/hostile" header "$(spm replace)" "$LIB" ) || die "$output"
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
