#!/bin/bash
# meaning: what status says of each process under rules and canaries is what /proc shows, counted by the shell alone
# limit: 300
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

chmod 755 /tmp /tmp/work
export LD_LIBRARY_PATH=$T/funcs
mkdir bin
cp "$T/funcs/funcs" bin/prog
cp "$T/threads/sleepers" bin/sleepers
for i in 1 2; do
	start "root$i" "$T/funcs/funcs"
	start "bin$i" "$PWD/bin/prog"
	start "user$i" setpriv --reuid $((1000 + i % 2)) --regid 1000 --clear-groups "$T/funcs/funcs"
	start "both$i" setpriv --reuid $((1000 + i % 2)) --regid 1000 --clear-groups "$PWD/bin/prog"
done
start sleepers "$PWD/bin/sleepers"
start reader "$T/funcs/funcs-dl"
is reader ok map "$LIB"
# look: of each process that maps the library, by /proc alone: its id, its real user, whether
# it maps text and the patch
look() {
	local p files=()
	for p in $(mappers /libfuncs.so); do
		files+=("/proc/$p/status" "/proc/$p/maps")
	done
	awk 'FNR == 1 { split(FILENAME, at, "/"); p = at[3]; if (!(p in uid)) order[n++] = p }
		/^Uid:/ { uid[p] = $2 }
		/ r-xp .*\/libfuncs\.so$/ { text[p] = 1 }
		/\/replace\.spm$/ { patch[p] = 1 }
		END { for (i = 0; i < n; i++) { p = order[i]; print p, uid[p], text[p] + 0, patch[p] + 0 } }' "${files[@]}"
}
# what the rules of this round make of a process; said by /proc
in_scope() {
	case $round in
	everybody | share*) true ;;
	user) [ "$uid" = 1000 ] ;;
	either) [ "$uid" = 1001 ] || [[ $exe = "$PWD/bin/sleepers" ]] ;;
	except) [ "$uid" != 1000 ] && [[ $exe != "$PWD/bin/"* ]] ;;
	named) [ "$1" != "${pid[root1]}" ] && { [ "$uid" = 0 ] || [[ $exe = "$PWD/bin/prog" ]]; } ;;
	esac
}
compare() {
	local p uid exe text patch wanted="" got patched=0 out=0 later=0 other=0 total=0 share=$1 in_all=0
	local seen links=() exes
	seen=$(look)
	while read -r p _; do
		links+=("/proc/$p/exe")
	done <<<"$seen"
	mapfile -t exes < <(readlink "${links[@]}")
	while read -r p uid text patch; do
		exe=${exes[total]}
		total=$((total + 1))
		if [ "$text" = 0 ]; then
			wanted+="$p not applicable, not-exec"$'\n'
			other=$((other + 1))
		elif [ "$patch" = 1 ]; then
			in_scope "$p" || die "$round: process $p is patched, and is out of scope"
			wanted+="$p patched, none"$'\n'
			patched=$((patched + 1)) in_all=$((in_all + 1))
		elif in_scope "$p"; then
			wanted+="$p not applicable, canary"$'\n'
			later=$((later + 1)) in_all=$((in_all + 1))
		else
			wanted+="$p not applicable, scope"$'\n'
			out=$((out + 1))
		fi
	done <<<"$seen"
	expect_eq "$patched" $(((in_all * share + 99) / 100)) "$round: patched of $in_all in scope"
	got=$(suture status --json replace | jq -r '.patches[0] |
		(.processes | sort_by(.pid)[] | "\(.pid) \(.state), \(.reason)"),
		"\(.totals.total) \(.totals.patched) \(.totals["not applicable"])"')
	wanted+="$total $patched $((out + later + other))"
	[ "$got" = "$wanted" ] || die "$round: $(diff <(echo "$got") <(echo "$wanted"))"
	ok "$round: status says of $total processes what /proc shows, and its totals are $patched + $((total - patched))"
	expect_eq "$(awk '{ n[$1] = $2; all += $2 } END { print all, n["patched"], n["not_applicable"] }' \
		/sys/kernel/suture/replace/processes)" "$total $patched $((out + later + other))" \
		"$round: totals in sysfs"
}
# full_share PERCENT: so many have it of those that map text, all of which are in scope
full_share() {
	look | awk -v share="$1" '$3 { n++; patched += $4 } END { exit patched != int((n * share + 99) / 100) }'
}
rules() {
	case $1 in
	everybody) ;;
	user) echo --uid 1000 ;;
	either) echo --uid 1001 --exe "$PWD/bin/sleepers" ;;
	except) echo --except uid:1000 --except "exe:$PWD/bin/*" ;;
	named) echo --uid 0 --exe "$PWD/bin/prog" --except "pid:${pid[root1]}" ;;
	share*) echo --canary "${1#share}" ;;
	esac
}
for round in everybody user either except named share33 share1; do
	read -r -a words <<<"$(rules $round)"
	share=${round#share}
	[ "$share" != "$round" ] || share=100
	apply replace "${words[@]}"
	start late "$T/funcs/funcs"
	start late-user setpriv --reuid 1000 --regid 1000 --clear-groups "$T/funcs/funcs"
	nap 0.3
	[ "$share" = 100 ] || wait_for 10 full_share "$share"
	compare "$share"
	if [ "$share" != 100 ]; then
		suture promote replace
		compare 100
	fi
	revert replace
	stop late
	stop late-user
done
