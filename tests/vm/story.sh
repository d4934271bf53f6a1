# shellcheck shell=bash
# For what is shown live (tests/vm/demo, tests/webkit/demo), after lib.sh: a story whose claims
# are checked.

claims=0 wrong=0

chapter() {
	printf '\n== %s\n' "$*"
}

# indent TEXT: puts it before each line of standard input
indent() {
	sed "s/^/$1/"
}

# A line of the story that claims nothing.
tell() {
	printf '   %s\n' "$*"
}

# claim TEXT COMMAND…: the command succeeds, as the text says
claim() {
	local text=$1
	shift
	claims=$((claims + 1))
	if "$@"; then
		printf '   [yes] %s\n' "$text"
	else
		wrong=$((wrong + 1))
		printf '   [NO]  %s\n' "$text"
	fi
}

# run COMMAND…: shown with its output, which is in $output afterwards, and its time
run() {
	local begin status=0
	printf '\n   $ %s\n' "${*//\/suture\//}"
	begin=$(now_ms)
	output=$(timeout 60 "$@" 2>&1) || status=$?
	[ -z "$output" ] || indent '     ' <<<"$output"
	took=$(($(now_ms) - begin))
	claim "\`$1 $2\` succeeds, in $took ms" test "$status" = 0
}

matches() {
	[[ $1 =~ $2 ]]
}

# The last line, and the exit status.
story_end() {
	printf '\n'
	if [ "$wrong" != 0 ]; then
		echo "demo: $wrong of $claims claims are not as told"
		exit 1
	fi
	echo "demo: $claims claims checked, all as told"
}
