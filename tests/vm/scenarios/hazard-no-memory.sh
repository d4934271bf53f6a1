#!/bin/bash
# meaning: each allocation of the module fails once, on the way in, on the way out and in a new process: nothing is half done, and it goes on
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

fail=/sys/module/suture/parameters/fail_alloc
[ -e $fail ] || die "the module has no parameter fail_alloc"
trap 'echo 0 >$fail' EXIT
start one "$T/funcs/funcs"
is one "ok 1" spin 1
start two "$T/threads/sleepers"
is two "ok 16" start 400
answer=$("$T/hazard/nomem" "$(spm replace-quiescent)" "$LIB")
[ "$(part apply)" -gt 10 ] && [ "$(part revert)" -gt 5 ] && [ "$(part start)" -gt 5 ] &&
	[ "$(part refused)" -gt 0 ] || die "too few failures: $answer"
ok "failures: $answer"
ask one counts
expect_eq "$(part bad)" 0 "bad calls of a thread that never sleeps"
ask two report
expect_eq "$(part eintr) $(part failed)" "0 0" "interrupted and failed calls"
# as suture says it
echo 1 >$fail
expect_status 1 suture apply "$(spm replace)"
is one ok old replace
is two ok old replace
text "${pid[one]}" libfuncs.so 0
expect_eq "$(count_maps "${pid[one]}" .spm)" 0 "mappings of the patch"
