#!/bin/bash
# meaning: threads fork, vfork and spawn without end while patches go in and out, and no child sees anything in between
# limit: 180
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start forker "$T/threads/forker"
for way in fork vfork spawn; do
	is forker ok start $way 1
done
# turn: children have come and gone since, by each way
turn() {
	is forker ok turn
}
for round in 1 2 3 4; do
	apply replace
	# those begun before have ended
	turn
	ask forker report
	expect_eq "$(part bad)" 0 "children that saw something else, going in"
	turn
	ask forker report
	expect_eq "$(part old)" 0 "old children once it is in"
	[ "$(part new)" -gt 0 ] || die "no children: $answer"
	revert replace
	turn
	ask forker report
	expect_eq "$(part bad)" 0 "children that saw something else, going out"
	turn
	ask forker report
	expect_eq "$(part new)" 0 "new children once it is out"
	[ "$(part old)" -gt 0 ] || die "no children: $answer"
done
is forker ok stop
stop forker
