#!/bin/bash
# meaning: nobody is missed in a chain of forks whose parents end at once: all new when it is in, nobody maps it when it is out
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# chain_start: returns when it is on its way
chain_start() {
	rm -f stop last
	"$T/frames/chain" stop last 300000 0 &
	disown
	nap 0.2
}

# chain_end: the last one's id and value are in $id and $value
chain_end() {
	touch stop
	wait_for 20 test -s last
	read -r id value <last
}

start first "$T/frames/frames"
is first "1 2" value
for round in {1..8}; do
	chain_start
	apply frames --timeout $((20 * SUTURE_FACTOR))
	expect_eq "$(</sys/kernel/suture/frames/transition)" 0 transition
	chain_end
	expect_eq "$value" 20 "round $round: value in the last process"
	expect_eq "$(proc frames "$id" state)" patched "its state"
	kill "$id"
	# born patched
	chain_start
	revert frames --timeout $((20 * SUTURE_FACTOR))
	expect_eq "$(mappers /frames.spm)" "" "round $round: processes that map the patch"
	chain_end
	expect_eq "$value" 1 "value in the last process"
	expect_eq "$(count_maps "$id" .spm)" 0 "its mappings of the patch"
	text "$id" libframes.so 0
	kill "$id"
done
is first "1 2" value
stop first
