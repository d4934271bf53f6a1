#!/bin/bash
# meaning: a storm of forks: after an apply no process runs the old code, after a revert none the new
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start storm "$T/hazard/storm" fork 8
"$T/hazard/turns" -t $((3 * SUTURE_FACTOR)) -j -d $((10 * SUTURE_FACTOR)) "$(spm replace)" 1000 "$LIB"
ask storm report
expect_eq "$(part late) $(part bad)" "0 0" "late and bad calls"
[ "$(part judged)" -gt 0 ] && [ "$(part births)" -gt 0 ] || die "too little happened: $answer"
# and as the loader does it
apply replace
ask storm report
nap 0.3
ask storm report
expect_eq "$(part old) $(part bad)" "0 0" "old and bad calls while it is in"
[ "$(part new)" -gt 0 ] || die "nobody called: $answer"
revert replace
ask storm report
nap 0.3
ask storm report
expect_eq "$(part new) $(part bad)" "0 0" "new and bad calls when it is out"
is storm ok stop
