#!/bin/bash
# meaning: status names every process that maps the target, and its totals add up
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start a "$T/funcs/funcs"
start b "$T/threads/sleepers"
start c "$T/threads/holder"
start reader "$T/funcs/funcs-dl"
start stranger "$T/funcs/funcs-dl"
start changed "$T/funcs/funcs"
# maps the file for reading only: it is named, and it is not applicable
is reader ok map "$LIB"
is changed ok break
is c ok enter hold
declare -A address=()
for name in replace hold; do
	address[$name]=$(suture inspect --json "$(spm $name)" | jq '.functions[0] | .old_address + .branch_at')
done
# branches PATCH PIDS...: in how many processes a branch stands where its first function was
branches() {
	local patch=$1 pid at bytes n=0
	shift
	for pid; do
		at=$(($(load_address "$pid" /funcs/libfuncs.so) + address[$patch]))
		bytes=$(dd "if=/proc/$pid/mem" bs=1 skip=$at count=4 status=none | od -A n -t x1)
		[[ ! ${bytes// /} =~ $BRANCH ]] || n=$((n + 1))
	done
	echo $n
}
agree() {
	local by_status by_proc said add_up patched
	said=$(suture status --json "$1")
	mapfile -t by_proc < <(mappers /funcs/libfuncs.so)
	{ read -r by_status && read -r add_up && read -r patched; } < <(jq -r '.patches[0] |
		([.processes[].pid] | sort | join(" ")),
		(.totals.total == (.processes | length) and
		.totals.total == ([.totals | to_entries[] | select(.key != "total") | .value] | add)),
		.totals.patched' <<<"$said") || die "status of $1: $said"
	expect_eq "$by_status" "${by_proc[*]}" "the processes of $1"
	[ "$add_up" = true ] || die "the totals of $1 do not add up: $said"
	ok "the totals of $1 add up"
	expect_eq "$patched" "$(branches "$1" "${by_proc[@]}")" "patched by status, and by their text,"
}
expect_status 5 suture apply "$(spm replace)"
agree replace
expect_eq "$(proc replace "${pid[a]}" state)" patched "a"
expect_eq "$(proc replace "${pid[b]}" state)" patched "b"
expect_eq "$(proc replace "${pid[changed]}" state)" refused "the changed one"
expect_eq "$(proc replace "${pid[reader]}" state)" "not applicable" "the reader"
expect_eq "$(proc replace "${pid[reader]}" reason)" not-exec "its reason"
expect_eq "$(proc replace "${pid[stranger]}" state)" "" "the stranger"
expect_eq "$(total replace patched) $(total replace refused) $(total replace 'not applicable')" \
	"3 1 1" "totals"
expect_match "$(suture status replace)" "5 processes: 3 patched, 1 not applicable, 1 refused" \
	"status for people"
# one of each more, and some go
suture apply --no-wait "$(spm hold)"
for name in a b changed; do
	wait_for 5 state_is hold "${pid[$name]}" patched
done
agree hold
expect_eq "$(total hold waiting)" 1 "waiting"
start d "$T/funcs/funcs"
is stranger "1005 1001" open "$LIB"
stop a
agree replace
agree hold
expect_eq "$(total replace total)" 6 "processes of replace"
expect_eq "$(total hold total)" 6 "processes of hold"
expect_match "$(suture list --json | jq -r '[.patches[].name] | sort | join(" ")')" "^hold replace$" list
is c "6 0" leave
wait_for 5 state_is hold "${pid[c]}" patched
agree hold
revert hold
revert replace
# for some of them only: the rest is still named, with the reason
apply hold --except "pid:${pid[b]}" --except exe:*/holder
agree hold
expect_eq "$(suture status --json hold | jq -r '[.patches[0].processes[].reason] | sort | join(" ")')" \
	"none none none not-exec scope scope" "reasons under rules"
revert hold
apply hold --canary 50%
agree hold
expect_eq "$(suture status --json hold | jq -r '[.patches[0].processes[].reason] | sort | join(" ")')" \
	"canary canary none none none not-exec" "reasons of canaries"
revert hold
expect_match "$(suture status)" "no patch" "status without a patch"
