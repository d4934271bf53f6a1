#!/bin/bash
# meaning: suture status --verify finds every byte that was changed behind our back, and nothing else
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/trace.sh

# at NAME FILE VADDR: where a program of start has it; the offsets of text are its addresses
at() {
	local range perms offset rest
	while read -r range perms offset rest; do
		[[ $perms == *x* && $rest == *"/$2" ]] || continue
		echo $((0x${range%-*} - 0x$offset + $3))
		return
	done <"/proc/${pid[$1]}/maps"
	die "$1 does not map $2"
}

# peek NAME ADDRESS LENGTH: hex digits
peek() {
	dd if="/proc/${pid[$1]}/mem" bs=1 skip="$2" count="$3" status=none | od -An -tx1 | tr -d ' \n'
}

# poke NAME ADDRESS HEX: as a debugger does
poke() {
	local escaped='' i
	for ((i = 0; i < ${#3}; i += 2)); do
		escaped+="\\x${3:i:2}"
	done
	# shellcheck disable=SC2059 # that is the point
	printf "$escaped" | dd of="/proc/${pid[$1]}/mem" bs=1 seek="$2" conv=notrunc status=none
}

# finds KIND FUNCTION OFFSET BYTES EXPECTED: exactly this one difference, and in this process
finds() {
	local wanted=$1
	expect_status 5 suture status --verify --json
	expect_eq "$(jq -r --arg kind "$1" '.verify.differences[] | select(.kind == $kind) |
		"\(.pid) \(.function) \(.offset) \(.bytes) \(.expected)"' <<<"$output")" \
		"${pid[one]} $2 $3 $4 $5" "what is found"
	expect_eq "$(jq '.exit' <<<"$output")" 5 "exit code in JSON"
	shift 5
	expect_eq "$(jq -r '[.verify.differences[].kind] | sort | join(" ")' <<<"$output")" \
		"${*:-$wanted}" "kinds of differences"
}

start one "$T/funcs/funcs"
start two "$T/funcs/funcs"
apply replace
apply pair
expect_status 0 suture status --verify
expect_match "$output" "verified: 2 processes, 6 places, [0-9]+ bytes of text: all as it should be" "verified"

answer_at=$(suture inspect --json "$(spm replace)" | jq '.functions[0].old_address')
inner_at=$(old_address pair pair_inner)
new_at=$(suture inspect --json "$(spm replace)" | jq '.functions[0].new_address')
text=$(at one libfuncs.so 0)

# a byte of the rest of a function
place=$((text + answer_at + 7))
was=$(peek one $place 1)
poke one $place f9
finds code answer 7 f9 "$was"
expect_status 5 suture status --verify replace
expect_match "$output" "${pid[one]} .* replace answer\+0x7 \(0x[0-9a-f]+\): not as in the file: f9, not $was" "words"
expect_status 0 suture status --verify pair
# a debugger's breakpoint
poke one $place cc
finds code answer 7 cc "$was"
poke one $place "$was"
expect_status 0 suture status --verify

# a byte of a branch: leads somewhere else
place=$((text + answer_at + 1))
was=$(peek one $place 1)
poke one $place "$(printf %02x $((0x$was ^ 16)))"
expect_status 5 suture status --verify --json
expect_eq "$(jq -r '.verify.differences[] | select(.kind == "place") | "\(.pid) \(.function)"' <<<"$output")" \
	"${pid[one]} answer" "the branch that leads elsewhere"
poke one $place "$was"
expect_status 0 suture status --verify

# one of two entries got its old bytes back
place=$((text + inner_at))
was=$(peek one $place 5)
poke one $place "$(suture inspect --json "$(spm pair)" |
	jq -r '.functions[] | select(.name == "pair_inner") | .old_bytes[:10]')"
expect_status 5 suture status --verify --json
expect_match "$(jq -r '.verify.differences[] | select(.kind == "half") | "\(.pid) \(.patch) \(.text)"' <<<"$output")" \
	"${pid[one]} pair 1 of its places lead to the patch, 1 do not" "half a patch"
poke one $place "$was"
expect_status 0 suture status --verify

# the new code itself
place=$(at one replace.spm "$new_at")
was=$(peek one "$place" 1)
poke one "$place" 90
expect_status 5 suture status --verify --json
expect_eq "$(jq -r '.verify.differences[] | "\(.pid) \(.kind) \(.offset) \(.bytes) \(.expected)"' <<<"$output")" \
	"${pid[one]} patch $new_at 90 $was" "the patch's own text"
poke one "$place" "$was"

# breakpoints of a trace are no difference, and what it leaves is none either
trace_start trace replace
expect_status 0 suture status --verify
is one ok new replace
expect_status 0 suture status --verify
trace_stop trace 0
expect_status 0 suture status --verify

expect_status 1 suture status --verify nothing
revert pair
revert replace
expect_status 0 suture status --verify
for name in one two; do
	is $name ok old replace pair
	text "${pid[$name]}" libfuncs.so 0
	stop $name
done
