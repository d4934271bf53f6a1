#!/bin/bash
# meaning: a process that waits because of a left-over word on a stack is patched, and reverted, after an exact unwind
# limit: 150
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

for who in worker main; do
	start $who "$T/unwind/unwind"
done
ask worker tid
tid=$answer
worker=${pid[worker]} main=${pid[main]}

# waits NAME...: these processes are not at the goal, and why
waits() {
	local who
	for who in "$@"; do
		expect_match "$(proc unwound "${pid[$who]}" state)" "^(waiting|draining)$" "$who waits"
		expect_eq "$(proc unwound "${pid[$who]}" reason)" inside "$who's reason"
	done
}

is worker ok enter stale
is main in main stale
expect_status 4 suture apply --no-unwind --timeout 2 "$(spm unwound)"
waits worker main
expect_eq "$(proc unwound "$worker" tid)" "$tid" "the thread that is named"
expect_eq "$(proc unwound "$worker" function)" visit "the function that is named"
text "$worker" libunwound.so 0
# with the second opinion, which is the default: it is not called off meanwhile
begin=$(now_ms)
apply unwound --timeout $((20 * SUTURE_FACTOR))
ok "patched after $(($(now_ms) - begin)) ms"
expect_eq "$(proc unwound "$worker" state)" patched "the worker's process"
expect_eq "$(proc unwound "$main" state)" patched "the main thread's process"
is worker 0 leave
is main 0 out
is worker "20 3 41" value

# the other way: words that the new function left
is worker ok enter stale
is main in main stale
expect_status 4 suture revert --no-unwind --timeout 2 unwound
waits worker main
[ "$(count_maps "$worker" /unwound.spm)" -gt 0 ] || die "the patch is unmapped"
expect_eq "$(</sys/kernel/suture/unwound/transition)" 1 transition
# by hand, for a transition that goes on
output=$(suture settle --json unwound) || die "suture settle: $output"
echo "$output"
settled=$(jq -r '[.patches[0].threads[] | select(.verdict == "settled")] | length' <<<"$output")
[ "$settled" -ge 2 ] || die "settled: $settled"
wait_for 5 eval '! loaded unwound'
expect_eq "$(count_maps "$worker" .spm)" 0 "mappings of the patch"
text "$worker" libunwound.so 0
is worker 0 leave
is main 0 out
is worker "1 2 2" value
stop worker
stop main
