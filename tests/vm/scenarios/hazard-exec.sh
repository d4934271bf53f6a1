#!/bin/bash
# meaning: one of several threads calls execve while the process is held; the new program sees what it must from its first call
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start storm "$T/hazard/storm" exec 3
"$T/hazard/turns" -t $((3 * SUTURE_FACTOR)) -j -d $((10 * SUTURE_FACTOR)) "$(spm replace)" 1000 "$LIB"
ask storm report
expect_eq "$(part late) $(part bad)" "0 0" "late and bad calls"
[ "$(part judged)" -gt 0 ] && [ "$(part births)" -gt 0 ] || die "too little happened: $answer"
is storm ok stop
