#!/bin/bash
# meaning: ioctls with random numbers, sizes, flags and pointers do nothing
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# it maps the target, so what is loaded by mistake would change it; it calls nothing
# of it meanwhile
start witness "$T/funcs/funcs"
before=$(maps "${pid[witness]}")
output=$("$T/tools/hostile" ioctl "$(spm replace)" "$LIB" 20000) || die "$output"
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
