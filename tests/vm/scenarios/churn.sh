#!/bin/bash
# meaning: processes and threads that come and go all the time are no obstacle
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start crowd "$T/funcs/crowd" 8 "$T/funcs/funcs"
( while :; do "$T/threads/forker" child; done ) >/dev/null 2>&1 &
churner=$!
for round in 1 2 3 4 5; do
	apply replace
	is crowd "all ok" new replace
	start "new$round" "$T/funcs/funcs"
	is "new$round" ok new replace
	kill -KILL "${pid[new$round]}"
	revert replace
	is crowd "all ok" old replace
done
kill "$churner"
