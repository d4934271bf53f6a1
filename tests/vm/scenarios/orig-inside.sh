#!/bin/bash
# meaning: a revert waits for a thread inside the old function that the new one called, also in a call that was displaced
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/original/original"
for way in visit gate; do
	apply original
	is one inside enter "$way"
	expect_status 4 suture revert --timeout 1 original
	state=$(proc original "${pid[one]}" state)
	expect_match "$state" "^(waiting|draining)$" "state: $state"
	[ "$(count_maps "${pid[one]}" /original.spm)" -gt 0 ] || die "the code that a thread is in is unmapped"
	if [ $way = visit ]; then
		is one 10021 leave
	else
		is one 10040 leave
	fi
	wait_for 10 eval '! loaded original'
	expect_eq "$(count_maps "${pid[one]}" .spm)" 0 "mappings of the patch"
	text "${pid[one]}" liboriginal.so 0
done
# a thread that is inside the old function already when the patch comes finishes there
is one inside enter visit
apply original
is one 21 leave
is one inside enter visit
is one 10021 leave
revert original
is one inside enter gate
is one 40 leave
stop one
