#!/bin/bash
# meaning: the C library, as Debian ships it, is patched in every process at once, PID 1 and suture itself included, and reverted, under load
# limit: 180
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

libc=libc.so.6
real=$(hostid)
start spinner "$T/machine/libcuser"
is spinner ok spin 1
start inside "$T/machine/libcuser"
is inside ok enter
start sandboxed "$T/machine/guarded"
is sandboxed ok privs
is sandboxed ok seccomp
start strict "$T/machine/guarded"
is strict ok strict
# load: programs start and end all the time
( while :; do
	said=$(hostid)
	[ "$said" = "$real" ] || [ "$said" = 5eed1e55 ] || echo "$said" >>wrong
	echo . >>started
	nap 0.05
done ) &
load=$!

# Does the process run another gethostid than the file has? By reading its memory.
offset=$(old_address machine-libc gethostid)
own=$(od -An -tx1 -j "$offset" -N 5 "$LIBS/$libc")
entry() {
	local at
	at=$(load_address "$1" $libc 2>/dev/null) || return
	dd if="/proc/$1/mem" bs=1 skip=$((at + offset)) count=5 status=none 2>/dev/null | od -An -tx1
}
# count: how many processes map the library, and how many of them have a branch there
count() {
	local process bytes all=0 branched=0
	for process in $(mappers $libc); do
		bytes=$(entry "$process") || continue
		[ -n "$bytes" ] || continue	# has ended meanwhile
		all=$((all + 1))
		[ "$bytes" = "$own" ] || branched=$((branched + 1))
	done
	echo "$branched of $all"
}

# A thread is inside lfind(): the patch, which is quiescent, waits for it, and so does suture.
suture apply "$(spm machine-libc)" >apply.out 2>&1 &
loader=$!
others_patched() {
	[ -d /sys/kernel/suture/machine-libc ] && [ "$(proc machine-libc 1 state)" = patched ] &&
		[ "$(proc machine-libc "${pid[inside]}" state)" = waiting ]
}
wait_for 20 others_patched
wait_for 10 state_is machine-libc "$loader" patched
text "$loader" $libc 3
ok "the loader that waits runs the new code itself"
is inside old one
is inside ok leave
wait "$loader" || die "suture apply: $(cat apply.out)"
expect_eq "$(proc machine-libc 1 state)" patched "PID 1"
text 1 $libc 3
is inside new one
is sandboxed ok old replace
expect_eq "$(proc machine-libc "${pid[sandboxed]}" state) $(proc machine-libc "${pid[strict]}" state)" \
	"patched patched" "the sandboxed ones"
expect_eq "$(hostid)" 5eed1e55 "what a program of coreutils says"
ask spinner counts
nap 0.3
ask spinner counts
expect_eq "$(part old) $(part bad)" "0 0" "old and bad calls of a thread"
[ "$(part new)" -gt 0 ] || die "no thread runs: $answer"
kill -STOP "$load"
nap 0.3
by_shell=$(count)
expect_match "$by_shell" "^([0-9]+) of \\1$" "all processes have the branch, by their memory: $by_shell"
# suture status counts itself; both from one look, since a shell that is about to begin another
# program counts, too
suture status --json machine-libc >status.json
by_suture=$("$T/tools/pick" patches 0 totals patched <status.json)
mapped=$(mappers $libc | wc -l)
ok "suture counts $by_suture, the shell ${by_shell#* of }, $mapped map it"
[ "$("$T/tools/pick" patches 0 totals total <status.json)" = "$by_suture" ] || die "not all are patched: $(suture status machine-libc)"
# the shell's own subprocesses (count, awk, mappers) and suture (its pipe) come and go
[ $((by_suture - ${by_shell#* of })) -le 3 ] && [ $((${by_shell#* of } - by_suture)) -le 3 ] ||
	die "suture counts $by_suture processes, the shell ${by_shell#* of }"
kill -CONT "$load"

revert machine-libc
ask spinner counts
nap 0.3
ask spinner counts
expect_eq "$(part new) $(part bad)" "0 0" "new and bad calls of a thread after the revert"
expect_eq "$(hostid)" "$real" "what a program of coreutils says"
text 1 $libc 0
is inside old one
kill "$load"
expect_match "$(count)" "^0 of " "nobody has the branch"
expect_eq "$(cat /proc/[0-9]*/maps 2>/dev/null | grep -c -F .spm || true)" 0 "mappings of the patch"
[ ! -e wrong ] || die "a program said something else: $(sort -u wrong)"
ok "$(wc -l <started) programs were started meanwhile"
