#!/bin/bash
# meaning: each allocation of the kernel fails once, in the ioctls, in the module's thread and in a new process: nothing is half done, nothing is lost, and it goes on
# limit: 900
# kernel-allow: nomem\[[0-9]+\]: segfault at 0 .* in ld-linux-x86-64\.so\.2
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
# Excused: ld.so names no object when memory fails it while it begins, and dies of its own message
# (glibc's fatal_error() looks at the first letter of it).

debugfs=/sys/kernel/debug
leaks=$debugfs/kmemleak
for what in failslab fail_page_alloc; do
	[ -d $debugfs/$what ] || die "this kernel has no $what"
	# also those that may wait; only fail-nth decides, and says nothing
	echo N >$debugfs/$what/ignore-gfp-wait
	echo 0 >$debugfs/$what/verbose
done
echo N >$debugfs/fail_page_alloc/ignore-gfp-highmem
echo 0 >$debugfs/fail_page_alloc/min-order
echo scan >$leaks || die "kmemleak is not on"
echo scan >$leaks
echo clear >$leaks
# a child of kthreadd
thread=$(pgrep -x -P 2 suture) || die "the module has no thread"

start one "$T/funcs/funcs"
is one "ok 2" spin 2
start two "$T/threads/sleepers"
is two "ok 16" start 400
for whose in self "$thread"; do
	answer=$("$T/hazard/nomem" "$(spm replace-quiescent)" "$LIB" "$whose")
	[ "$(part apply)" -gt 20 ] && [ "$(part revert)" -gt 2 ] ||
		die "too few failures: $answer"
	# new processes fail by their own allocations
	[ "$whose" != self ] || [ "$(part start)" -gt 20 ] || die "too few failures: $answer"
	ok "failures ($whose): $answer"
done
ask one counts
expect_eq "$(part bad)" 0 "bad calls of two threads"
ask two report
expect_eq "$(part eintr) $(part failed)" "0 0" "interrupted and failed calls"
text "${pid[one]}" libfuncs.so 0
expect_eq "$(count_maps "${pid[one]}" .spm)" 0 "mappings of the patch"
stop one
stop two
sleep 6
for scan in 1 2 3; do
	echo scan >$leaks
done
cat $leaks
expect_eq "$(grep -c '^unreferenced object' $leaks || true)" 0 "objects that nobody refers to"
