#!/bin/bash
# meaning: --canary: that share of the processes is patched, also of those that come, and the rest at suture promote
# limit: 240
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# by the maps: how many processes have the patch
having() {
	grep -l -F "/$1.spm" /proc/[0-9]*/maps 2>/dev/null | wc -l
}
# canaries PATCH PATCHED ALL
canaries() {
	expect_eq "$(total "$1" patched) of $(total "$1" total)" "$2 of $3" "patched by status"
	expect_eq "$(total "$1" 'not applicable')" $(($3 - $2)) "not yet"
	expect_eq "$(having "$1") of $(mappers /funcs/libfuncs.so | wc -l)" "$2 of $3" "patched by the maps"
	expect_eq "$(suture status --json "$1" | jq '[.patches[0].processes[] | select(.reason == "canary")] | length')" \
		$(($3 - $2)) "with the reason canary"
}
for i in {1..8}; do
	start "p$i" "$T/funcs/funcs"
done
expect_status 0 suture apply --canary 25% "$(spm replace)"
expect_match "$output" "8 processes: 2 patched, 6 not applicable" "apply sums up"
expect_match "$output" "canaries: 25% .*suture promote replace" "and says how it goes on"
canaries replace 2 8
is p1 ok new replace
is p2 ok new replace
for i in {3..8}; do
	is "p$i" ok old replace
done
expect_eq "$(cat /sys/kernel/suture/replace/{transition,canary})" $'0\n25' "transition and canary in sysfs"
# a quarter of nine is more than two; then it is enough up to twelve
start p9 "$T/funcs/funcs"
wait_for 10 eval '[ "$(total replace patched)" = 3 ]'
canaries replace 3 9
for i in {10..12}; do
	start "p$i" "$T/funcs/funcs"
done
nap 0.3
canaries replace 3 12
# one more call changes nothing
expect_status 0 suture apply --canary 25% "$(spm replace)"
expect_match "$output" "already applied" "once more"
expect_status 0 suture apply "$(spm replace)"
canaries replace 3 12
expect_status 1 suture apply --canary 50% "$(spm replace)"
expect_match "$output" "loaded for other processes" "another share"
# the rest
expect_status 0 suture promote replace
expect_match "$output" "12 processes: 12 patched" "promote sums up"
for i in {1..12}; do
	is "p$i" ok new replace
done
start p13 "$T/funcs/funcs"
is p13 1001 first
expect_status 1 suture promote replace
expect_match "$output" "not in a canary stage" "a second promote"
expect_status 1 suture promote no-such-patch
revert replace
for i in {1..13}; do
	is "p$i" ok old replace
done

# one that is busy is passed over, and another takes its place
for i in {1..13}; do
	stop "p$i"
done
for i in 1 2 3 4; do
	start "h$i" "$T/threads/holder"
done
is h1 ok enter hold
apply hold --canary 25% --timeout $((20 * SUTURE_FACTOR))
canaries hold 1 4
is h1 ok old hold
expect_status 4 suture promote --timeout 1 hold
expect_eq "$(proc hold "${pid[h1]}" state)" waiting "the busy one, after promote"
is h1 "6 0" leave
wait_for 5 state_is hold "${pid[h1]}" patched
expect_eq "$(total hold patched)" 4 "processes patched"
revert hold

# of those in scope only; and out again in the middle
apply hold --canary 50% --except "pid:${pid[h1]}" --except "pid:${pid[h2]}"
expect_eq "$(total hold patched)" 1 "canaries of two in scope"
is h1 ok old hold
is h2 ok old hold
expect_eq "$(proc hold "${pid[h1]}" reason)" scope "reason of one that is excepted"
revert hold
expect_eq "$(having hold)" 0 "processes with the patch"
for word in 0% 100% x ''; do
	expect_status 2 suture apply --canary "$word" "$(spm hold)"
done
