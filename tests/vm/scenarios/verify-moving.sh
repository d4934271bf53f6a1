#!/bin/bash
# meaning: suture status --verify beside patches that go in and out without pause, with forks and new processes, raises no false alarm
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/funcs/funcs"
is one "ok 1" spin 1
start held "$T/threads/holder"
churn() {
	while [ ! -e stop ]; do
		suture apply "$(spm replace)" >/dev/null
		echo "calls 2" | "$T/funcs/funcs" >/dev/null
		suture revert replace >/dev/null
	done
}
apply pair
churn &
churner=$!
looked=0
for _ in {1..8}; do
	# the other patch may be unloaded while it is looked at: that is an error, not a difference
	expect_status 0 suture status --verify pair
	looked=$((looked + 1))
done
touch stop
wait $churner
expect_eq $looked 8 looks
is held ok enter pair
# a transition that waits is nothing wrong
expect_status 4 suture revert --timeout 0.5 pair
expect_status 0 suture status --verify
is held "40 7" leave
wait_for 10 eval '! loaded pair'
expect_status 0 suture status --verify
stop one
stop held
