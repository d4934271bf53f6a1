#!/bin/bash
# meaning: processes that fork all the time get a patch with hooks, and are rid of it, children included
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start forker "$T/threads/forker"
ask forker keep
is forker ok start fork 2
for round in 1 2 3 4; do
	apply hooks-funcs --timeout $((20 * SUTURE_FACTOR))
	revert hooks-funcs --timeout $((20 * SUTURE_FACTOR))
	expect_eq "$(mappers /hooks-funcs.spm)" "" "round $round: processes that map the patch"
done
apply hooks-funcs --timeout $((20 * SUTURE_FACTOR))
is forker new kept
ask forker stop
ask forker report
ask forker keep
revert hooks-funcs --timeout $((20 * SUTURE_FACTOR))
is forker old kept
ask forker report
expect_eq "$(part bad)" 0 "wrong results of its children"
stop forker
