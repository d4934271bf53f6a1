#!/bin/bash
# meaning: four threads go through replaced calls without pause while the patch comes and goes; each call gives one of the right results
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# one_caller(0) + tail_caller(1): 13 of old code, 11013 of new; a mixed sum only where
# the change came between the two calls
# seen_calls: what the threads have seen since the last time, some calls at least
seen_calls() {
	ask a seen
	until [[ $answer != "calls 0" ]]; do
		nap 0.05
		ask a seen
	done
}

start a "$T/sites/sites"
is a ok spin
for round in {1..6}; do
	seen_calls
	apply sites
	seen_calls
	expect_match "$answer" "^((13|1013|10013|11013) )+calls" "round $round, patched: $answer"
	seen_calls
	expect_match "$answer" "^11013 calls" "then only the new ones: $answer"
	revert sites
	seen_calls
	expect_match "$answer" "^((13|1013|10013|11013) )+calls" "round $round, reverted: $answer"
	seen_calls
	expect_match "$answer" "^13 calls" "then only the old ones: $answer"
done
text "${pid[a]}" libsites.so 0
stop a
