# shellcheck shell=bash
# A chain of forks, and a patch that goes in and out while it is on its way (frames/chain.c).

# chain_start NAP DEPTH: returns when it is on its way
chain_start() {
	rm -f stop last
	"$T/frames/chain" stop last "$1" "$2" &
	disown
	nap 0.2
}

# chain_end: the last one's id and value are in $id and $value
chain_end() {
	touch stop
	wait_for 20 test -s last
	read -r id value <last
}

# chain_rounds N TIMEOUT NAP DEPTH: nobody is missed, whichever way the patch goes
chain_rounds() {
	local round id value
	start first "$T/frames/frames"
	is first "1 2" value
	for ((round = 1; round <= $1; round++)); do
		chain_start "$3" "$4"
		apply frames --timeout "$2"
		expect_eq "$(</sys/kernel/suture/frames/transition)" 0 transition
		chain_end
		expect_eq "$value" 20 "round $round: value in the last process"
		expect_eq "$(proc frames "$id" state)" patched "its state"
		kill "$id"
		# born patched
		chain_start "$3" "$4"
		revert frames --timeout "$2"
		expect_eq "$(mappers /frames.spm)" "" "round $round: processes that map the patch"
		chain_end
		expect_eq "$value" 1 "value in the last process"
		expect_eq "$(count_maps "$id" .spm)" 0 "its mappings of the patch"
		text "$id" libframes.so 0
		kill "$id"
	done
	is first "1 2" value
	stop first
}
