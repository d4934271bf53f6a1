#!/bin/bash
# meaning: a user's new processes, each with a hook that is late, keep his older one waiting only for a while
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

nobody() {
	exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

# more in a second than get their turn; each lives for some
breed() {
	local pids=()
	trap 'kill -KILL "${pids[@]}"; exit' TERM
	while :; do
		nobody ./hooked-again &
		pids+=($!)
		nap 0.3
		if [ ${#pids[@]} -gt 10 ]; then
			kill -KILL "${pids[0]}"
			wait "${pids[0]}" || true
			pids=("${pids[@]:1}")
		fi
	done 2>/dev/null
}

chmod 755 .
ln -s "$T/hooks/hooked" hooked-again
start old nobody bash -c 'echo ready; read; exec "$0"' "$T/hooks/hooked"
start first "$T/hooks/hooked"
apply hooked
start_bg breed breed
nap 6
# it maps the library when the turn is long with younger ones
ask old go
expect_match "$answer" ready "the program itself"
begin=$(now_ms)
wait_for 40 state_is hooked "${pid[old]}" patched
echo "after $(($(now_ms) - begin)) ms"
is old 101 call
stop_bg breed
revert hooked
is old 2 call
stop old
stop first
