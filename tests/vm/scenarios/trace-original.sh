#!/bin/bash
# meaning: old functions that the patch itself calls are told apart from calls of old code, and every one is counted
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/trace.sh

functions=(by_word by_compare by_call by_pad by_gate fib visit varargs)
# arm64: its first instruction branches to a place that the other way comes to as well
merges=
[ "$(uname -m)" != aarch64 ] || merges=by_call
start one under_probes "$T/original/original"
trace_start before "$(spm original)"
ask one value
trace_stop before 5
expect_eq "$(verdict before)" alive verdict
for function in "${functions[@]}"; do
	[ "$(traced before one "$function" old)" -gt 0 ] || die "no call of the old $function"
	expect_eq "$(traced before one "$function" old_behind_branch)" 0 "$function: by the patch itself"
done

apply original
trace_start after original
ask one value
ask one seen
read -r -a seen <<<"$answer"
is one same storm 50
ask one seen
read -r -a later <<<"$answer"
trace_stop after 0
expect_eq "$(verdict after)" dead verdict
expect_eq "$(sed -n 's/^suture: \(.*\): a call of the old code may be counted more than once$/\1/p' after.err)" \
	"$merges" "of which that cannot be said"
expect_eq "$(jq '[.traced[] | select(.traced | not)] | length' after.json)" 0 "functions that are not traced"
for i in "${!functions[@]}"; do
	function=${functions[i]}
	calls=$((later[i]))
	[ "${seen[i]}" -lt "$calls" ] || die "$function was not called in the storm"
	expect_eq "$(traced after one "$function" new)" "$calls" "new calls of $function"
	expect_eq "$(traced after one "$function" old)" 0 "old calls of $function"
	# each new one calls the old one once, by_pad twice
	[ "$function" != by_pad ] || calls=$((2 * calls))
	got=$(traced after one "$function" old_behind_branch)
	if [ "$function" = "$merges" ]; then
		[ "$got" -gt "$calls" ] || die "$function is counted exactly, and the trace says it is not"
		expect_le "$got" $((2 * calls)) "calls of the old $function by the new one"
	else
		expect_eq "$got" $calls "calls of the old $function by the new one"
	fi
done
expect_status 0 suture status --verify
# a thread that sleeps in an old function that the patch called is no old code in force
is one inside enter visit
expect_status 0 suture trace --for 0 original
is one 10021 leave
revert original
stop one
