#!/bin/bash
# meaning: a process with 500 threads is patched and reverted, and held for no longer than the budget
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start many "$T/hazard/many" threads 500
expect_eq "$(count_threads "${pid[many]}")" 501 threads
is many "all 500" old
for round in 1 2 3; do
	apply replace
	expect_le "$(suture status --json replace | jq '.patches[0].processes[0].pause_us')" 20000 \
		"pause in microseconds"
	is many "all 500" new
	revert replace
	is many "all 500" old
done
text "${pid[many]}" libfuncs.so 0
stop many
