#!/bin/bash
# meaning: a later patch takes over the state of the one whose place it takes; one that does not know the state, or an older version of it, is refused
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start a "$T/stack/stack"
apply state-one
for i in 1 2 3; do
	is a "1 2 3" values
done
is a 3 tell 0
expect_status 1 suture apply "$(spm state-none)"
expect_match "$output" "state 7" "the refusal names the state"
is a 3 tell 0
apply state-two
is a 3 tell 0
is a 1 tell 2
is a 0 tell 3
is a "1 2 3" values
is a 1 tell 1
wait_for 5 eval "! loaded state-one"
expect_status 1 suture apply "$(spm state-one)"
expect_match "$output" "state 7.*version 2.*version 1" "the refusal names the versions"
# a new process has nothing to take over
start b "$T/stack/stack"
wait_for 5 state_is state-two "${pid[b]}" patched
is b -1 tell 0
revert state-two
is a -1 tell 0
is b "1 2 3" values
stop a
stop b
