#!/bin/bash
# meaning: suture apply takes several patches at once, in the order given, also where the second has to wait for the first or takes its place
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start a "$T/stack/stack"
start held "$T/stack/stack"
expect_status 0 suture apply "$(spm stack-low)" "$(spm stack-high)"
is a "201 102 203" values
expect_eq "$(suture list --json | jq -r '[.patches[].name] | join(" ")')" "stack-low stack-high" "order of loading"
# the other way round the other one is on top
suture revert stack-low stack-high
expect_status 0 suture apply "$(spm stack-high)" "$(spm stack-low)"
is a "101 102 203" values
expect_status 0 suture revert --all
expect_match "$output" "stack-low: reverted.*stack-high: reverted" "the last one first"
is a "1 2 3" values
# the second takes the first one's place in the same call
expect_status 0 suture apply "$(spm stack-low)" "$(spm replace-low)"
expect_match "$output" "replace-low: takes the place of stack-low 1.0" "it says so"
is a "401 2 3" values
wait_for 10 eval "! loaded stack-low"
suture revert replace-low
# one that is for nothing here, and one that waits: the worst is what the call says
is held ok enter
apply stack-low
expect_status 3 suture apply "$(spm stack-high)" "$(spm wrong-build)"
is a "201 102 203" values
expect_status 3 suture apply --json --timeout 1 "$(spm replace-low)" "$(spm wrong-build)"
# no message of suture is among the JSON
json=$(suture apply --json --timeout 1 "$(spm replace-low)" 2>/dev/null) || true
expect_eq "$(jq -r '.exit, .patches[0].name, .patches[0].canary, (.patches[0].rules | length)' <<<"$json" | xargs)" \
	"4 replace-low null 0" "the summary as JSON"
is held ok leave
wait_for 10 state_is replace-low "${pid[held]}" patched
wait_for 10 eval "! loaded stack-low"
suture revert --all
for name in a held; do
	is $name "1 2 3" values
	stop $name
done
