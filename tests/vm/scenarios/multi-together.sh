#!/bin/bash
# meaning: a busy thread never sees the one library new and the other old
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# seen_pairs: the pairs that the thread has seen since the last time, one at least
seen_pairs() {
	ask a seen
	until [ -n "$answer" ]; do
		nap 0.05
		ask a seen
	done
}

start a "$T/multi/multi"
is a ok open a b c
is a ok spin
for round in {1..4}; do
	apply multi-both
	seen_pairs
	# the change may come between the two calls of a pair, and then it is old, new
	expect_match "$answer" "^((1/2|1/203|103/203) ?)+$" "patched, round $round: $answer"
	revert multi-both
	seen_pairs
	expect_match "$answer" "^((103/203|103/2|1/2) ?)+$" "reverted, round $round: $answer"
done
stop a
