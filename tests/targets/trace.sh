# shellcheck shell=bash
# For scenarios, after talk.sh: suture trace in the background.

declare -A trace_pid=()

# start NAME under_probes COMMAND...: its threads meet several uprobes. On two emulated
# processors that goes wrong without Suture too: QEMU (7.2) now and then runs what stood
# before in the slot where the kernel puts the instruction that it steps over. So there
# they share one.
under_probes() {
	if [ "$(uname -m)" = aarch64 ] || grep -q TCG /proc/cpuinfo; then
		exec "$T/tools/spread" taskset 1 "$@"
	fi
	exec "$T/tools/spread" "$@"
}

# trace_start NAME PATCH [OPTIONS]: its result will be in NAME.json, its notes in NAME.err
trace_start() {
	local name=$1
	shift
	suture trace --json "$@" >"$name.json" 2>"$name.err" &
	trace_pid[$name]=$!
	wait_for 60 eval "grep -q '^suture: tracing' $name.err || ! kill -0 ${trace_pid[$name]}"
	grep -q '^suture: tracing' "$name.err" || die "suture trace does not begin: $(cat "$name.err")"
}

# trace_stop NAME STATUS: as Ctrl-C does; it has to end with this exit status
trace_stop() {
	local status=0
	kill -INT "${trace_pid[$1]}"
	wait "${trace_pid[$1]}" || status=$?
	cat "$1.err"
	[ "$status" = "$2" ] || die "suture trace ends with $status, not $2: $(cat "$1.json")"
	ok "suture trace ends with $2"
}

# traced NAME PROGRAM FUNCTION old|new|old_behind_branch: what was counted for a program of start
traced() {
	jq -r --argjson pid "${pid[$2]}" --arg function "$3" --arg side "$4" '
		[.processes[] | select(.pid == $pid) | .functions[] |
		 select(.function == $function) | .[$side]] | add // 0' "$1.json"
}

# standing NAME PROGRAM: how a program of start stands
standing() {
	jq -r --argjson pid "${pid[$2]}" '.processes[] | select(.pid == $pid) | .standing' "$1.json"
}

# verdict NAME
verdict() {
	jq -r .verdict "$1.json"
}
