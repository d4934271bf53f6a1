#!/bin/bash
# meaning: a user with many processes whose hooks take their time keeps no others waiting for all of them
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

many=10
for ((i = 0; i < many; i++)); do
	start "bad$i" nobody "$T/hooks/hooked"
done
# they come behind them
start good "$T/hooks/hooked"
start other "$T/funcs/funcs"

# late MS KIND DEED VALUE STATE N: hooks of that kind take so long; in the end N processes are
# in that state
late() {
	local begin took took2
	for ((i = 0; i < many; i++)); do
		is "bad$i" ok deed "$2" "$3" "$4"
	done
	suture apply --no-wait "$(spm hooked)"
	suture apply --no-wait "$(spm replace)"
	begin=$(now_ms)
	wait_for 30 state_is hooked "${pid[good]}" patched
	took=$(($(now_ms) - begin))
	echo "patched behind $many hooks of kind $2 that take $1 ms: $took ms"
	is good 101 call
	wait_for 30 state_is replace "${pid[other]}" patched
	took2=$(($(now_ms) - begin))
	echo "another patch: $took2 ms"
	expect_le $took $((many * $1 * 3 / 4)) "ms for the process of another"
	expect_le $took2 $((many * $1 * 3 / 4)) "ms for another patch"
	# in the end all of them have been asked
	wait_for 60 eval "[ \$(total hooked $5) = $6 ]"
	for ((i = 0; i < many; i++)); do
		ask "bad$i" log
		expect_match "$answer" "$2:" "the hook was run"
		is "bad$i" ok deed "$2" 0 0
	done
	revert replace
	revert hooked
	is good 2 call
}

late 1000 1 2 0 failed $many		# they do not end
late 1000 2 2 0 patched $((many + 1))
late 700 2 11 700 patched $((many + 1))	# and are in time
for ((i = 0; i < many; i++)); do
	is "bad$i" 2 call
	stop "bad$i"
done
stop good
stop other
