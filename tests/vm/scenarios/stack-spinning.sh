#!/bin/bash
# meaning: while the upper of two patches comes and goes, a busy thread never sees the old code
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start a "$T/stack/stack"
is a ok spin
apply stack-low
seen_until a 101
for round in 1 2 3; do
	apply stack-high
	seen_until a 201
	expect_match "$answer" "^(101 )?201$" "values while the upper one came, round $round: $answer"
	revert stack-high
	seen_until a 101
	expect_match "$answer" "^(201 )?101$" "values while it went: $answer"
done
revert stack-low
is a "1 2 3" values
stop a
