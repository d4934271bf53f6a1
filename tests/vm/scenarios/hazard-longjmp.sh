#!/bin/bash
# meaning: longjmp over the new function, and out of a signal's handler that interrupted it, leave nothing that holds up a revert
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start over "$T/hazard/over"
for patch in hold-now hold; do
	apply $patch
	is over ok longjmp 1000
	is over ok siglongjmp 200
	is over ok new
	revert $patch --timeout 10
	is over ok longjmp 1000
	is over ok old
	text "${pid[over]}" libfuncs.so 0
	expect_eq "$(count_maps "${pid[over]}" .spm)" 0 "mappings of the patch"
done
# the patch comes and goes all the time while it jumps
tell over longjmp 100000
"$T/hazard/turns" "$(spm hold-now)" 20 "$LIB"
hear over
expect_eq "$answer" ok "100000 jumps during 20 applies and reverts"
is over ok old
stop over
