#!/bin/bash
# meaning: a patch that takes another's place in some processes only (canary, rules) leaves the earlier one in force in the others, also in new ones
# limit: 240
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

for name in a b c d; do
	start $name "$T/stack/stack"
done
apply stack-low
expect_status 0 suture apply --canary 50% "$(spm replace-low)"
expect_match "$output" "replace-low: takes the place of stack-low 1.0" "apply says whose place it takes"
for name in a b; do
	is $name "401 2 3" values
	expect_eq "$(count_maps "${pid[$name]}" stack-low)" 0 "mappings of the earlier one in a canary"
	expect_eq "$(proc stack-low "${pid[$name]}" state), $(proc stack-low "${pid[$name]}" reason)" \
		"not applicable, replaced" "by the earlier one, the canary"
done
for name in c d; do
	is $name "101 102 3" values
	expect_eq "$(proc stack-low "${pid[$name]}" state)" patched "by the earlier one, $name"
	expect_eq "$(proc replace-low "${pid[$name]}" reason)" canary "by the new one, $name"
done
expect_eq "$(suture list --json | jq -r '.patches[] | "\(.name) \(.state) \(.replaced_by)"' | sort)" \
	$'replace-low applied null\nstack-low applied replace-low' "both are loaded"
expect_match "$(suture list)" "its place is taken by replace-low" "list for people"
# a new one is never without any, and makes one more canary
start e "$T/stack/stack"
is e "101 102 3" first
wait_for 20 state_is replace-low "${pid[c]}" patched
is c "401 2 3" values
start f "$T/stack/stack"
is f "101 102 3" first
is f "101 102 3" values
expect_eq "$(total stack-low patched) $(total replace-low patched)" "3 3" "processes of each"
# no third one may come between
expect_status 1 suture apply "$(spm replace-all)"
expect_match "$output" "replace-low takes the place of stack-low in some processes only" "a third one"
# back again: the earlier one is in force everywhere
revert replace-low
for name in a b c d e f; do
	is $name "101 102 3" values
done
expect_eq "$(suture list --json | jq -r '.patches[] | "\(.name) \(.state) \(.replaced_by)"')" \
	"stack-low applied null" "loaded patches"
# and on to all
apply replace-low --canary 10%
is f "101 102 3" values
expect_status 0 suture promote replace-low
for name in a b c d e f; do
	is $name "401 2 3" values
done
wait_for 10 eval "! loaded stack-low"
revert replace-low
is a "1 2 3" values

# by rules, for good
apply stack-low
apply replace-low --except "pid:${pid[a]}" --except "pid:${pid[b]}"
is a "101 102 3" values
is c "401 2 3" values
# one that opens the library anew has the later one from its first call
start reopen "$T/stack/reopen"
is reopen "401,2,3 60" cycle 60 "$T/stack/libstack.so"
stop reopen
start g "$T/stack/stack"
is g "401 2 3" first
is g "401 2 3" values
expect_eq "$(cat /sys/kernel/suture/{stack-low,replace-low}/transition)" $'0\n0' "transitions"
expect_eq "$(total stack-low patched) $(total replace-low patched)" "2 5" "processes of each"
# the earlier one is taken out alone
revert stack-low
is a "1 2 3" values
is c "401 2 3" values
revert replace-low
for name in a b c d e f g; do
	is $name "1 2 3" values
	expect_eq "$(count_maps "${pid[$name]}" .spm)" 0 "mappings of patches in $name"
	stop $name
done
