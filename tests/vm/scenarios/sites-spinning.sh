#!/bin/bash
# meaning: four threads go through replaced calls without pause while the patch comes and goes; each call gives one of the right results
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# one_caller(0) + tail_caller(1): 13 of old code, 11013 of new; a mixed sum only where
# the change came between the two calls
start a "$T/sites/sites"
is a ok spin
ask a seen
for round in {1..10}; do
	apply sites
	ask a seen
	expect_match "$answer" "^((13|1013|10013|11013) )+calls [0-9]{2,}$" "round $round, patched: $answer"
	ask a seen
	expect_match "$answer" "^11013 calls" "then only the new ones: $answer"
	revert sites
	ask a seen
	expect_match "$answer" "^((13|1013|10013|11013) )+calls [0-9]{2,}$" "round $round, reverted: $answer"
	ask a seen
	expect_match "$answer" "^13 calls" "then only the old ones: $answer"
done
text "${pid[a]}" libsites.so 0
stop a
