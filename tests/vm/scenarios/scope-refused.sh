#!/bin/bash
# meaning: where the hook of a patch that takes another's place in some processes only refuses, the earlier one stays, also in new ones
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start a "$T/stack/stack"
start b "$T/stack/stack"
apply stack-low
expect_status 5 suture apply --except "pid:${pid[a]}" "$(spm replace-refused)"
for name in a b; do
	is $name "101 102 3" values
done
expect_eq "$(proc replace-refused "${pid[b]}" state)" refused "where it was wanted"
for name in c d; do
	start $name "$T/stack/stack"
	is $name "101 102 3" first
	wait_for 10 state_is replace-refused "${pid[$name]}" refused
	is $name "101 102 3" values
done
start reopen "$T/stack/reopen"
is reopen "101,102,3 30" cycle 30 "$T/stack/libstack.so"
stop reopen
suture revert replace-refused
for name in a b c d; do
	is $name "101 102 3" values
done
revert stack-low
for name in a b c d; do
	is $name "1 2 3" values
	stop $name
done
