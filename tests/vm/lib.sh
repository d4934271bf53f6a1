# shellcheck shell=bash
# For scenarios: . /suture/tests/vm/lib.sh
#
# A scenario is a bash program in tests/vm/scenarios/NAME.sh. It begins with
#
#	#!/bin/bash
#	# meaning: what is shown, in one line
#	# limit: seconds
#	# arch: x86_64 or arm64, where it is for one only (optional)
#
# It runs in an empty folder of its own (/tmp/work) with the module loaded. Exit
# status 0 is a pass, 77 a skip (say why with skip). It fails when a command in it
# fails, when it exceeds its limit, when the kernel logs a BUG, WARNING or the like
# in its time (a line "# kernel-allow: REGEX" excuses lines that it provokes), and
# when it leaves a patch loaded. Processes that it leaves are killed.

set -eEuo pipefail
trap 'echo "$0:$LINENO: failed: $BASH_COMMAND" >&2' ERR

# Process ids of what start_bg started, by name.
declare -A bg=()

# Files of patches by name, as the machine found them when it began (guest/main).
declare -A spms=()
# shellcheck disable=SC1091
[ ! -e /run/spms ] || . /run/spms

# What never has anything to read lets read -t sleep, without a process.
exec {never}<>/run/never

# nap SECONDS
nap() {
	read -r -t "$1" -u "$never" _ || true
}

# die TEXT: the scenario fails
die() {
	echo "FAILED: $*" >&2
	exit 1
}

# skip TEXT: the scenario cannot run here
skip() {
	echo "$*"
	exit 77
}

# ok TEXT: a step is done; the log shows how far the scenario came
ok() {
	echo "ok: $*"
}

# expect_eq GOT WANTED WHAT
expect_eq() {
	[ "$1" = "$2" ] || die "$3: got '$1', wanted '$2'"
	ok "$3 is $2"
}

# expect_le GOT LIMIT WHAT: whole numbers
expect_le() {
	[ "$1" -le "$2" ] || die "$3: got $1, allowed are $2"
	ok "$3 is $1 (at most $2)"
}

# expect_match TEXT REGEX WHAT: an extended regular expression
expect_match() {
	[[ $1 =~ $2 ]] || die "$3: '$1' does not match '$2'"
	ok "$3"
}

# expect_no_match TEXT REGEX WHAT
expect_no_match() {
	! [[ $1 =~ $2 ]] || die "$3: '$1' matches '$2'"
	ok "$3"
}

# expect_status STATUS COMMAND...: its output is in $output afterwards
expect_status() {
	local wanted=$1 got=0
	shift
	output=$("$@" 2>&1) || got=$?
	echo "$output"
	[ "$got" = "$wanted" ] || die "$*: exit status $got, wanted $wanted"
	ok "$* exits with $wanted"
}

# start_bg NAME COMMAND...: in the background; id in ${bg[NAME]}, output in NAME.out
start_bg() {
	local name=$1 spread=/suture/build/tests/targets/tools/spread
	shift
	! declare -F "$1" >/dev/null || spread=
	$spread "$@" >"$name.out" 2>&1 </dev/null &
	bg[$name]=$!
}

# stop_bg NAME [SIGNAL]: ends it (TERM) and waits; its exit status is in $status
stop_bg() {
	kill "-${2:-TERM}" "${bg[$1]}" 2>/dev/null || true
	wait_bg "$1"
}

# wait_bg NAME: waits for its own end; its exit status is in $status
wait_bg() {
	status=0
	wait "${bg[$1]}" || status=$?
	unset "bg[$1]"
}

# alive NAME: it still runs
alive() {
	local text
	{ text=$(<"/proc/${bg[$1]}/stat"); } 2>/dev/null || return 1
	[[ ${text##*) } != Z* ]]
}

# pause_after MICROSECONDS: a rest after a look that took so long: all looks together cost no
# more than a fifth of a processor
pause_after() {
	local us=$(($1 < 5000 ? 20000 : $1 < 50000 ? 4 * $1 : 200000)) text
	printf -v text '0.%06d' $us
	nap "$text"
}

# wait_for SECONDS COMMAND...: until it succeeds; on a slow kernel that may take longer
wait_for() {
	local seconds=$(($1 * ${SUTURE_FACTOR:-1})) end look
	shift
	end=$((SECONDS + seconds + 1))
	while look=${EPOCHREALTIME/./} && ! "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || die "waited $seconds s in vain for: $*"
		pause_after $((${EPOCHREALTIME/./} - look))
	done
}

# has_line FILE REGEX: a line of it matches
has_line() {
	local lines line
	mapfile -t lines <"$1"
	for line in "${lines[@]}"; do
		[[ ! $line =~ $2 ]] || return 0
	done
	return 1
}

# wait_output NAME REGEX [SECONDS]: until a process of start_bg has printed it
wait_output() {
	wait_for "${3:-20}" has_line "$1.out" "$2"
}

# find_spm NAME: the file of a patch, of the tree or of the tests, in $found
find_spm() {
	found=${spms[$1]:-}
	[ -z "$found" ] || return 0
	for found in "$SUTURE_SPM"/patches/"$1"/"$1".spm "$SUTURE_SPM"/tests/targets/*/patches/"$1"/"$1".spm; do
		[ ! -e "$found" ] || return 0
	done
	die "there is no patch $1: make patches test-patches"
}

# spm NAME: the same, printed
spm() {
	find_spm "$1"
	echo "$found"
}

# count_lines REGEX FILE: how many lines match (0 is no failure)
count_lines() {
	grep -c -E -- "$1" "$2" || true
}

# count_maps PID TEXT: how many mappings of the process name TEXT
count_maps() {
	local maps line n=0
	[ -e "/proc/$1/maps" ] || return 0
	mapfile -t maps <"/proc/$1/maps"
	for line in "${maps[@]}"; do
		[[ $line != *"$2"* ]] || n=$((n + 1))
	done
	echo $n
}

# count_threads PID
count_threads() {
	local tasks=(/proc/"$1"/task/*)
	echo ${#tasks[@]}
}

# start_time PID: in clock ticks since boot; with the id it names one process for good
start_time() {
	local text fields
	text=$(<"/proc/$1/stat")
	read -r -a fields <<<"${text##*) }"
	echo "${fields[19]}"
}

# private_kib PID: private dirty memory of the process, in KiB
private_kib() {
	awk '/^Private_Dirty:/ { sum += $2 } END { print sum + 0 }' "/proc/$1/smaps_rollup"
}

# now_ms: milliseconds of a clock, to take differences of
now_ms() {
	local us=${EPOCHREALTIME/./}
	echo $((us / 1000))
}

# kernel_mark NAME: a place in the kernel's log for kernel_log_since
kernel_mark() {
	echo "suture-mark: $1" >/dev/kmsg
}

# kernel_log_since NAME: what the kernel said after the last such mark
kernel_log_since() {
	dmesg | awk -v mark="suture-mark: $1" 'index($0, mark) { n = 0; next }
		{ line[n++] = $0 } END { for (i = 0; i < n; i++) print line[i] }'
}

# restart_machine [hard]: only with a Debian root on a disk. The scenario ends here and begins
# anew when the machine is up again, with $STAGE one more (0 at first) and its folder as it
# was; hard: as if the power had failed for a moment. Each stage has the whole limit.
restart_machine() {
	trap - EXIT
	[ "${1:-}" != hard ] || : >/run/vm/hard
	exit 76
}

# module_loaded: is the module in?
module_loaded() {
	[ -e /sys/module/suture/refcnt ]
}

# unload_module: rmmod, which must work whenever no patch is loaded
unload_module() {
	rmmod suture || die "the module does not unload"
	! module_loaded || die "the module is still there after rmmod"
}

# reload_module: out if it is in, and in
reload_module() {
	! module_loaded || unload_module
	insmod "$SUTURE_KO" || die "the module does not load"
}
