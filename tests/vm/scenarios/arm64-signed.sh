#!/bin/bash
# meaning: a signed return address (PAC) on the stack counts as the address that it is: a thread inside is waited for, to apply and to revert
# arch: arm64
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/arm64/guarded"
# else there is nothing to be seen here
is one yes signed
for unwind in --no-unwind ''; do
	is one inside enter
	# shellcheck disable=SC2086 # may be no word
	expect_status 4 suture apply --timeout 2 $unwind "$(spm guarded)"
	expect_eq "$(proc guarded "${pid[one]}" state) $(proc guarded "${pid[one]}" reason)" "waiting inside" state
	expect_eq "$(proc guarded "${pid[one]}" function)" outer "the function that is named"
	text "${pid[one]}" libguarded.so 0
	is one 22 leave
	wait_for 20 state_is guarded "${pid[one]}" patched
	is one "1101 1012 1201 1012 1304 1408" value
	# the old function's return address, and that of the new one which called it
	is one inside enter
	# shellcheck disable=SC2086
	expect_status 4 suture revert --timeout 2 $unwind guarded
	expect_eq "$(proc guarded "${pid[one]}" state)" waiting state
	text "${pid[one]}" libguarded.so 4
	is one 1022 leave
	wait_for 20 eval '! loaded guarded'
	is one "101 12 201 12 304 408" value
	text "${pid[one]}" libguarded.so 0
done
stop one
