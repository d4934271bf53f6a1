#!/bin/bash
# meaning: calls of new functions that stand in for single calls are counted, and so is a function under two patches
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/trace.sh

# count NAME REGEX: new calls of the site or function
count() {
	jq -r --argjson pid "${pid[a]}" --arg name "$2" '[.processes[] | select(.pid == $pid) |
		.functions[] | select(.function | test($name)) | .new] | add // 0' "$1.json"
}

start a under_probes "$T/sites/sites"
apply sites
trace_start sites sites
for _ in 1 2 3; do
	is a "10020 200 1003 2014 21 11 -9" values
done
trace_stop sites 0
for caller in one_caller tail_caller inlined_one; do
	expect_eq "$(count sites "^$caller")" 3 "calls instead of $caller's"
done
expect_eq "$(count sites '^plt_caller')" 3 "calls instead of an import's"
expect_eq "$(count sites '^word_caller')" 3 "calls instead of one through a word"
expect_eq "$(verdict sites)" dead verdict
revert sites
stop a

# the upper patch gets the calls, the lower one none; neither has old ones
start a under_probes "$T/stack/stack"
apply stack-low
trace_start low stack-low
is a "101 102 3" values
apply stack-high
trace_start high stack-high
is a "201 102 203" values
is a "201 102 203" values
trace_stop high 0
trace_stop low 0
expect_eq "$(jq '[.processes[].functions[].old] | add' low.json)" 0 "old calls of the lower one"
expect_eq "$(jq '[.processes[].functions[].new] | add' low.json)" 4 "its new calls, until the other came and in what that leaves"
expect_eq "$(jq '[.processes[].functions[].new] | add' high.json)" 4 "new calls of the upper one"
expect_eq "$(verdict low) $(verdict high)" "dead dead" verdicts
revert --all
stop a

# a process that the rules exclude still runs the old code
start one under_probes "$T/funcs/funcs"
start two under_probes "$T/funcs/funcs"
apply replace --pid "${pid[one]}"
trace_start scope replace
is one "ok 5" calls 5
is two "ok 6" calls 6
trace_stop scope 5
expect_eq "$(traced scope one answer new) $(traced scope two answer old)" "5 6" calls
expect_eq "$(standing scope one) $(standing scope two)" "new old" standings
expect_eq "$(jq -r --argjson pid "${pid[two]}" '.processes[] | select(.pid == $pid) | .reason' scope.json)" \
	scope "why the second is not patched"
expect_eq "$(verdict scope)" alive verdict
revert replace
stop one
stop two
