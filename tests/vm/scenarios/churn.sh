#!/bin/bash
# meaning: processes and threads that come and go all the time are no obstacle
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start crowd "$T/funcs/crowd" 8 "$T/funcs/funcs"
# it ends with 1 or 2: it saw the old or the new function
( while :; do
	"$T/threads/forker" child || [ $? -le 2 ] || echo "$?" >>wrong
	echo . >>lives
done ) &
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
[ ! -e wrong ] || die "a process saw something else: $(cat wrong)"
ok "$(wc -l <lives) processes came and went"
