# shellcheck shell=bash
# For scenarios, after tests/vm/lib.sh: programs that talk like common/proto.h,
# test patches by name, and what is known of a process.

# shellcheck disable=SC2034 # scenarios use them
T=/suture/build/tests/targets
LIB=$T/funcs/libfuncs.so

# What differs between machines: the dynamic linker and the folder of Debian's libraries,
# and in hex digits what a branch over an entry and a breakpoint look like.
# shellcheck disable=SC2034
case $HOSTTYPE in
x86_64)
	LD=/lib64/ld-linux-x86-64.so.2 LIBS=/lib/x86_64-linux-gnu
	BRANCH='^e9' BREAKPOINT=cc
	;;
aarch64)
	LD=/lib/ld-linux-aarch64.so.1 LIBS=/lib/aarch64-linux-gnu
	BRANCH='^......1[4-7]' BREAKPOINT=000020d4
	;;
esac

declare -A talk_in=() talk_out=() pid=()
answer=
fifos=() fifo_maker='' fifo_nr=0

# have_fifos: two at least that nobody has used; one process makes those of six programs
have_fifos() {
	local i
	[ "$fifo_maker" != "$BASHPID" ] || [ ${#fifos[@]} -lt 2 ] || return 0
	fifo_maker=$BASHPID fifos=()
	for i in {1..12}; do
		fifos+=("$PWD/.fifo.${STAGE:-0}.$BASHPID.$((fifo_nr += 1))")
	done
	mkfifo "${fifos[@]}"
}

# start NAME COMMAND...: a program that talks; its id is in ${pid[NAME]}
start() {
	local name=$1 in out spread=$T/tools/spread
	shift
	! declare -F "$1" >/dev/null || spread=
	have_fifos
	$spread "$@" <"${fifos[0]}" >"${fifos[1]}" 2>"$name.err" &
	pid[$name]=$!
	exec {in}>"${fifos[0]}" {out}<"${fifos[1]}"
	fifos=("${fifos[@]:2}")
	talk_in[$name]=$in
	talk_out[$name]=$out
	read -r -t $((60 * ${SUTURE_FACTOR:-1})) answer <&"$out" || die "$name does not begin: $(cat "$name.err")"
	[[ $answer == ready* ]] || die "$name begins with '$answer'"
}

# tell NAME WORDS...: without waiting for the answer
tell() {
	local name=$1
	shift
	echo "$*" >&"${talk_in[$name]}"
}

# hear NAME: the answer, in $answer
hear() {
	read -r -t $((30 * ${SUTURE_FACTOR:-1})) answer <&"${talk_out[$1]}" || die "$1 does not answer: $(cat "$1.err")"
}

# ask NAME WORDS...: the answer is in $answer
ask() {
	tell "$@"
	hear "$1"
}

# is NAME ANSWER WORDS...: it has to answer so
is() {
	local name=$1 wanted=$2
	shift 2
	ask "$name" "$@"
	[ "$answer" = "$wanted" ] || die "$name, $*: '$answer', not '$wanted'"
	ok "$name, $*: $answer"
}

# part WORD: the number behind a word of $answer, as in "old 3 new 4"
part() {
	local words i
	read -r -a words <<<"$answer"
	for ((i = 0; i + 1 < ${#words[@]}; i += 2)); do
		if [ "${words[i]}" = "$1" ]; then
			echo "${words[i + 1]}"
			return
		fi
	done
	die "no $1 in '$answer'"
}

# early [TCG]: of all kinds of calls that $answer lists ("each"), how many came back too early.
# Time-outs of sockets are counted in ticks, and a machine that is emulated and slow loses some and
# gets them back at once: with a word, recv and accept do not count.
early() {
	tr ' ' '\n' <<<"$answer" | awk -F '[:/]' -v tcg="${1:-}" '
		NF && !(tcg && ($1 == "recv" || $1 == "accept")) { n += $4 } END { print n + 0 }'
}

# undisturbed NAME: none of its blocked calls has noticed anything. Its report is in $answer.
undisturbed() {
	local early each
	ask "$1" each
	each=$answer
	early=$(early "$([ "${SUTURE_FACTOR:-1}" = 1 ] || echo tcg)")
	ask "$1" report
	[ "$(part eintr) $early $(part failed)" = "0 0 0" ] || die "$1 has noticed: $answer; $each"
}

# seen_until NAME VALUE: all values that its threads (common/crew.h) have seen since the last time, until
# they have seen that one, as "OLD NEW"; in $answer. Just after a change none may have run yet
seen_until() {
	local all='' value tries
	for ((tries = 0; tries < 600; tries++)); do
		ask "$1" seen
		for value in ${answer%calls*}; do
			[[ " $all" == *" $value" ]] || all+="${all:+ }$value"
		done
		[[ " $all" != *" $2" ]] || break
		nap 0.05
	done
	answer=$all
}

# stop NAME: ends it and sees that it ended well
stop() {
	local status=0
	ask "$1" quit
	wait "${pid[$1]}" || status=$?
	[ $status = 0 ] || die "$1 ended with status $status"
	unset "pid[$1]" "talk_in[$1]" "talk_out[$1]"
}


# apply NAME [OPTIONS]: goes in everywhere
apply() {
	local name=$1
	shift
	find_spm "$name"
	suture apply "$@" "$found" || die "suture apply $name: exit status $?"
}

# revert NAME [OPTIONS]: goes out everywhere
revert() {
	local name=$1
	shift
	suture revert "$@" "$name" || die "suture revert $name: exit status $?"
	! loaded "$name" || die "$name is still loaded after suture revert"
}

# loaded NAME: is that patch in the kernel?
loaded() {
	[ -d "/sys/kernel/suture/$1" ]
}

# proc NAME PID FIELD: what `suture status` says of a process: state, reason, tid, function ...
proc() {
	suture status --json "$1" | "$T/tools/pick" patches 0 processes "pid=$2" "$3"
}

# state_is NAME PID STATE: for wait_for
state_is() {
	[ "$(proc "$1" "$2" state)" = "$3" ]
}

# total NAME STATE: how many processes are so
total() {
	suture status --json "$1" | "$T/tools/pick" patches 0 totals "$2"
}

# patches_listed: how many patches `suture list` names
patches_listed() {
	suture list --json | "$T/tools/pick" patches length
}

# text PID FILE PLACES: its text differs from the file in so many places, each no
# longer than a jump, and a jump
text() {
	local lines length first rest
	lines=$("$T/tools/textcheck" "$1" "$2")
	[[ $lines == *"$3 places,"* ]] || die "text of $2 in process $1: $lines, not $3 places"
	while read -r _ _ length first rest; do
		[[ $rest == '' && $first != '' && $first != bytes ]] || continue
		[ "$length" -le 5 ] && [ "$first" = jump ] ||
			die "text of $2 in process $1 differs otherwise than by a jump: $lines"
	done <<<"$lines"
	ok "$2 differs from its file in $3 places in process $1"
}

# maps PID: its mappings, without the heap and the stack, which grow by themselves
maps() {
	grep -v -e '\[stack\]' -e '\[heap\]' "/proc/$1/maps"
}

# of_status PID NAME: a line of /proc/PID/status
of_status() {
	local name value
	while read -r name value _; do
		[ "$name" != "$2:" ] || echo "$value"
	done <"/proc/$1/status"
}

# mappers FILE: the processes that map this file, by a look at /proc
mappers() {
	{ grep -l -F -- "$1" /proc/[0-9]*/maps 2>/dev/null || true; } | cut -d / -f 3 | sort -n
}

# old_address PATCH FUNCTION: where the replaced function is in its file (decimal)
old_address() {
	suture inspect --json "$(spm "$1")" | "$T/tools/pick" functions "name=$2" old_address
}

# load_address PID FILE: where the file's first byte is mapped (decimal)
load_address() {
	local maps line
	mapfile -t maps <"/proc/$1/maps" || return
	for line in "${maps[@]}"; do
		if [[ $line =~ ^([0-9a-f]+)-[^\ ]+\ [^\ ]+\ 00000000\ [^\ ]+\ [0-9]+\ +[^\ ]*"$2" ]]; then
			echo $((0x${BASH_REMATCH[1]}))
			return
		fi
	done
	die "process $1 does not map $2 from its beginning"
}
