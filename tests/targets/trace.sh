# shellcheck shell=bash
# For scenarios, after talk.sh: suture trace in the background.

declare -A trace_pid=() trace_sum=()

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
	wait_for 60 eval "has_line $name.err '^suture: tracing' || ! kill -0 ${trace_pid[$name]}"
	has_line "$name.err" '^suture: tracing' || die "suture trace does not begin: $(cat "$name.err")"
}

# trace_stop NAME STATUS: as Ctrl-C does; it has to end with this exit status
trace_stop() {
	local status=0
	kill -INT "${trace_pid[$1]}"
	wait "${trace_pid[$1]}" || status=$?
	cat "$1.err"
	[ "$status" = "$2" ] || die "suture trace ends with $status, not $2: $(cat "$1.json")"
	ok "suture trace ends with $2"
	sum_trace "$1"
}

# sum_trace NAME: what was counted, into $trace_sum, by one jq
sum_trace() {
	local rows row
	for row in "${!trace_sum[@]}"; do
		[[ $row != "$1" && $row != "$1 "* ]] || unset "trace_sum[$row]"
	done
	rows=$(jq -r '.processes[] | .pid as $pid | .functions[] | .function as $function |
		to_entries[] | select(.value | type == "number") |
		"\($pid) \($function) \(.key) \(.value)"' "$1.json")
	trace_sum[$1]=1
	while read -r row; do
		[ -n "$row" ] || continue
		trace_sum[$1 ${row% *}]=$((${trace_sum[$1 ${row% *}]:-0} + ${row##* }))
	done <<<"$rows"
}

# traced NAME PROGRAM FUNCTION old|new|old_behind_branch: what was counted for a program of start
traced() {
	[ -n "${trace_sum[$1]:-}" ] || sum_trace "$1"
	echo "${trace_sum[$1 ${pid[$2]} $3 $4]:-0}"
}

# standing NAME PROGRAM: how a program of start stands
standing() {
	jq -r --argjson pid "${pid[$2]}" '.processes[] | select(.pid == $pid) | .standing' "$1.json"
}

# verdict NAME
verdict() {
	jq -r .verdict "$1.json"
}
