#!/bin/bash
# meaning: threads are cancelled, deferred and asynchronously, or call pthread_exit, inside the old and the new function, and the patch goes out at once
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start over "$T/hazard/over"
for way in deferred async; do
	is over ok enter $way
	is over "inner outer" cancel
	# inside the old function when the patch goes in
	is over ok enter $way
	apply hold-now
	is over "inner outer" cancel
	# inside the new one
	is over ok enter $way
	is over "inner outer" cancel
	is over "inner outer" exit
	is over ok new
	revert hold-now
	is over ok old
	# inside the new one while the patch wants to go out
	apply hold-now
	is over ok enter $way
	expect_status 4 suture revert --timeout 1 hold-now
	is over "inner outer" cancel
	wait_for 5 eval '! loaded hold-now'
	is over ok old
	expect_eq "$(count_maps "${pid[over]}" .spm)" 0 "mappings of the patch"
	# a quiescent one waits for the thread, and goes in when it is cancelled
	is over ok enter $way
	suture apply --no-wait "$(spm hold)"
	wait_for 5 state_is hold "${pid[over]}" waiting
	is over "inner outer" cancel
	wait_for 5 state_is hold "${pid[over]}" patched
	revert hold
done
is over ok old
text "${pid[over]}" libfuncs.so 0
stop over
