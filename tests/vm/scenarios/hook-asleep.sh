#!/bin/bash
# meaning: one sleeping thread is woken for hooks, only for hooks, and its system call sees nothing of it
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# switches PID: how often each thread went to sleep
switches() {
	local task
	for task in "/proc/$1/task/"*; do
		echo "${task##*/} $(awk '$1 == "voluntary_ctxt_switches:" { print $2 }' "$task/status")"
	done
}

start many "$T/hooks/hooked"
is many ok asleep 40
asleep() {
	[ "$(count_threads "$1")" = 41 ] && ! grep -q '^State:.*[^S] (' /proc/"$1"/task/*/status
}
nap 0.3
wait_for 5 asleep "${pid[many]}"
before=$(switches "${pid[many]}")
# without hooks nobody wakes
start funcs "$T/funcs/funcs"
apply hooked
expect_eq "$(proc hooked "${pid[many]}" state)" patched "state"
after=$(switches "${pid[many]}")
woken=$(diff <(echo "$before") <(echo "$after") | grep -c '^>' || true)
expect_eq "$woken" 1 "threads that were woken"
is many 101 call
is many "1:2 2:101" log
revert hooked
is many 2 call
is many "3:101 4:2" log
ask many signals
expect_eq "$(part wrong)" 0 "wrong masks"

# one of them is woken, and nobody notices; hook-restart has them one by one
start sleepers "$T/threads/sleepers"
is sleepers "ok 16" start 700
for _ in 1 2 3 4 5; do
	apply hooks-funcs
	revert hooks-funcs
done
undisturbed sleepers
stop sleepers
stop many
stop funcs
