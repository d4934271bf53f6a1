# shellcheck shell=bash
# For programs that run several parts and add up what these count: part, then parts_end.
passed=0 failed=0 skipped=0
skips=()
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# part NAME COMMAND...: runs it and adds its last line to the sum. No such line,
# or a failure that is not counted in it, is one failure more.
part() {
	local name=$1 status=0 line
	shift
	echo "# $name"
	"$@" | tee "$out" || status=$?
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$out" | tail -n 1)
	if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
		passed=$((passed + BASH_REMATCH[1]))
		failed=$((failed + BASH_REMATCH[2]))
		skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
		[ "$status" = 0 ] || [ "${BASH_REMATCH[2]}" != 0 ] || status=uncounted
	else
		status=uncounted
	fi
	if [ "$status" = uncounted ]; then
		echo "not ok - $name: failed without saying how many"
		failed=$((failed + 1))
	fi
	mapfile -t -O ${#skips[@]} skips < <(grep '^# skipped: ' "$out")
}

# parts_end: the sum, and everything that was skipped; the status is 0 only when all is well
parts_end() {
	echo "# all"
	[ ${#skips[@]} = 0 ] || printf '%s\n' "${skips[@]}"
	echo "$passed passed, $failed failed$([ "$skipped" = 0 ] || echo ", $skipped skipped")"
	[ "$failed" = 0 ] && [ "$passed" != 0 ]
}
