#!/bin/bash
# meaning: threads on every processor call a function without pause: once an apply or revert is done none runs the instruction that was there before
# arch: arm64
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start callers "$T/arm64/callers"
"$T/hazard/turns" -t 10 "$(spm replace)" 1000 "$LIB" | tee figures
[ "$(awk '$1 == "turns" { print $2 }' figures)" -ge 10 ] || die "too few turns"
ask callers report
expect_eq "$(part late) $(part bad)" "0 0" "late and bad calls"
[ "$(part judged)" -gt 1000 ] && [ "$(part old)" -gt 0 ] && [ "$(part new)" -gt 0 ] ||
	die "too little happened: $answer"
ok "$answer"
text "${pid[callers]}" libfuncs.so 0
stop callers
