#!/bin/bash
# meaning: rules and shares that make no sense are refused by the kernel, and nothing is left of them
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# it maps the target, so what is loaded by mistake would change it
start witness "$T/funcs/funcs"
before=$(maps "${pid[witness]}")
output=$("$T/tools/badrules" "$(spm replace)" "$LIB") || die "$output"
expect_match "$output" "^4[0-9] refused$" "inputs: $output"
expect_eq "$(patches_listed)" 0 "patches loaded"
expect_eq "$(maps "${pid[witness]}")" "$before" "mappings of the witness"
# nothing of them holds the module
reload_module
apply replace --pid "${pid[witness]}"
is witness ok new replace
revert replace
stop witness
