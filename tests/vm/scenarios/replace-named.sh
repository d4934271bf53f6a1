#!/bin/bash
# meaning: a patch takes the place of the one it names and leaves the others; it is refused where that one is not loaded
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start a "$T/stack/stack"
expect_status 1 suture apply "$(spm replace-low)"
expect_match "$output" "stack-low" "the refusal names it"
apply stack-low
apply stack-high
is a "201 102 203" values
apply replace-low
is a "401 2 203" values
wait_for 5 eval "! loaded stack-low"
expect_eq "$(suture list --json | jq -r '[.patches[].name] | sort | join(" ")')" \
	"replace-low stack-high" "loaded patches"
revert replace-low
is a "201 2 203" values
revert stack-high
is a "1 2 3" values
stop a
