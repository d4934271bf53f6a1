#!/bin/bash
# meaning: a trace leaves no private page of text behind, whether the patch is reverted before it ends or afterwards
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/trace.sh

# dirty NAME: pages of its own in the library's text, KiB
dirty() {
	awk '/ r-xp .*libfuncs.so$/ { in_text = 1; next } /^[0-9a-f]+-/ { in_text = 0 }
		in_text && /^Anonymous:/ { sum += $2 } END { print sum + 0 }' "/proc/${pid[$1]}/smaps"
}

start one "$T/funcs/funcs"
is one "ok 1" calls 1
expect_eq "$(dirty one)" 0 "KiB of private text in the beginning"
trace_start first "$(spm replace)"
is one "ok 3" calls 3
[ "$(dirty one)" -gt 0 ] || die "there is no breakpoint"
apply replace
is one "ok 4" calls 4
revert replace
[ "$(dirty one)" -gt 0 ] || die "the breakpoint went with the patch"
is one "ok 5" calls 5
trace_stop first 5
expect_eq "$(traced first one answer old) $(traced first one answer new)" "8 4" "calls"
expect_eq "$(dirty one)" 0 "KiB of private text when the patch went first"

apply replace
trace_start second replace
is one "ok 6" calls 6
trace_stop second 0
is one ok new replace
revert replace
expect_eq "$(dirty one)" 0 "KiB of private text when the trace went first"
text "${pid[one]}" libfuncs.so 0
expect_eq "$(count_maps "${pid[one]}" .spm)" 0 "mappings of the patch"
stop one
