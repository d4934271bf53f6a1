#!/bin/bash
# meaning: hooks that spoil all registers run in spinning threads, whose registers, flags, vector registers and red zone stay as they were
# limit: 90
# sve: its registers are looked at, too
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

grep -m 1 -o -w -E 'avx512f|avx2' /proc/cpuinfo || echo "no AVX"
[ "$(uname -m)" != aarch64 ] || grep -q -m 1 -w sve /proc/cpuinfo || die "this processor has no SVE"
start spin "$T/threads/spin"
is spin ok start 3
for round in {1..10}; do
	suture apply "$(spm hooks-funcs)" >/dev/null
	[ $((round % 5)) != 0 ] || expect_eq "$(proc hooks-funcs "${pid[spin]}" state)" patched "state"
	suture revert hooks-funcs >/dev/null
done
ask spin report
[ "$(part rounds)" -gt 100 ] || die "the threads do not spin: $answer"
[ "$(part new)" -gt 0 ] || die "no new answers: $answer"
expect_eq "$(part broken)" 0 "broken rounds of $(part rounds)"
stop spin
