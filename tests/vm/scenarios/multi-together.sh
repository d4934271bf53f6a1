#!/bin/bash
# meaning: a busy thread never sees the one library new and the other old
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start a "$T/multi/multi"
is a ok open a b c
is a ok spin
for round in {1..8}; do
	apply multi-both
	ask a seen
	# the change may come between the two calls of a pair, and then it is old, new
	expect_match "$answer" "^((1/2|1/203|103/203) ?)+$" "patched, round $round: $answer"
	revert multi-both
	ask a seen
	expect_match "$answer" "^((103/203|103/2|1/2) ?)+$" "reverted, round $round: $answer"
done
stop a
