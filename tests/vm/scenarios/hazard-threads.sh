#!/bin/bash
# meaning: 200 threads are created and joined without pause during 200 applies and reverts; each sees what it must
# limit: 150
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start storm "$T/hazard/storm" threads 1
"$T/hazard/turns" -t 90 "$(spm replace)" 200 "$LIB" | tee figures
# fewer only where the machine is too slow for it
[ "$(awk '$1 == "turns" { print $2 }' figures)" -ge 20 ] || die "too few turns"
ask storm report
expect_eq "$(part late) $(part bad)" "0 0" "late and bad calls"
[ "$(part judged)" -gt 0 ] && [ "$(part births)" -ge 400 ] || die "too little happened: $answer"
is storm ok stop
