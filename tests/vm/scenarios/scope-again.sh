#!/bin/bash
# meaning: a patch that is loaded for some processes is not loaded again for others; the same rules in another order are the same
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/funcs/funcs"
start two "$T/funcs/funcs"
apply replace --uid 0 --exe '*/funcs' --except "pid:${pid[two]}"
expect_status 0 suture apply --except "pid:${pid[two]}" --exe '*/funcs' --uid root --uid 0 "$(spm replace)"
expect_match "$output" "already applied" "the same rules in another order"
# without rules: whatever it was loaded for
expect_status 0 suture apply "$(spm replace)"
expect_match "$output" "already applied" "no rules"
is one ok new replace
is two ok old replace
for rules in "--uid 0" "--uid 0 --exe */funcs" "--uid 0 --exe */funcs --except pid:${pid[one]}" \
	"--canary 50%" "--uid 0 --exe */funcs --except pid:${pid[two]} --pid ${pid[two]}"; do
	read -r -a words <<<"$rules"
	expect_status 1 suture apply "${words[@]}" "$(spm replace)"
	expect_match "$output" "replace is loaded for other processes" "other rules: $rules"
done
is two ok old replace
expect_eq "$(suture list --json | jq '.patches[0].rules_total')" 3 "rules"
# while it is reverted nothing is taken
revert replace
apply replace --pid "${pid[two]}"
is one ok old replace
is two ok new replace
revert replace
# too many
many=()
for ((i = 0; i < 257; i++)); do
	many+=(--except "uid:$((i + 2000))")
done
expect_status 1 suture apply "${many[@]}" "$(spm replace)"
expect_match "$output" "257 rules" "too many rules"
expect_status 0 suture apply "${many[@]:2}" "$(spm replace)"
is one ok new replace
expect_match "$(suture status replace)" "and [0-9]+ more rules" "status counts what it does not show"
revert replace
