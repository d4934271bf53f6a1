#!/bin/bash
# meaning: a process that cannot be patched is named with its reason and its calls of old code, and one that does not call at all as well
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/trace.sh

start good "$T/funcs/funcs"
start bad "$T/funcs/funcs"
start idle "$T/funcs/funcs"
is bad ok break
is idle ok break
expect_status 5 suture apply "$(spm replace)"
trace_start one replace
is good "ok 10" calls 10
is bad "ok 20" calls 20
trace_stop one 5
expect_eq "$(traced one good answer new)" 10 "new calls"
expect_eq "$(traced one bad answer old)" 20 "old calls of the refused one"
expect_eq "$(standing one good) $(standing one bad) $(standing one idle)" "new old old-idle" standings
expect_eq "$(jq -r --argjson pid "${pid[bad]}" '.processes[] | select(.pid == $pid) | .state + " " + .reason' one.json)" \
	"refused old-bytes" "why"

# the words for people
expect_status 5 suture trace --for 0.2 replace
expect_match "$output" "${pid[bad]} .*refused: the text of answer is not" "the refused one is named"
expect_match "$output" "not called, but it is not dead: 2 processes can call it" verdict

# only one process: the others are nobody's business
trace_start good replace --pid "${pid[good]}"
is good "ok 7" calls 7
is bad "ok 8" calls 8
trace_stop good 0
expect_eq "$(traced good good answer new) $(traced good bad answer old)" "7 0" "calls with --pid"
expect_eq "$(jq '.processes | length' good.json)" 1 "processes with --pid"
# it ends with the process
trace_start ends replace --pid "${pid[idle]}"
stop idle
status=0
wait "${trace_pid[ends]}" || status=$?
expect_eq "$status" 0 "its exit status, as nobody is left who could call"

is bad ok mend
apply replace
expect_eq "$(proc replace "${pid[bad]}" state)" patched "its state in the end"
revert replace
stop good
stop bad
