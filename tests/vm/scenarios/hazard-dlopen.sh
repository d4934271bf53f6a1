#!/bin/bash
# meaning: a storm of dlopen and dlclose, in single processes and in threads of one: every library that is opened after an apply is patched
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

cp "$LIB" lib
for i in 0 1 2; do
	cp "$LIB" lib.$i
done
start storm "$T/hazard/storm" dlopen 3 "$PWD/lib"
"$T/hazard/turns" -t $((2 * SUTURE_FACTOR)) -j -d $((20 * SUTURE_FACTOR)) "$(spm replace)" 1000 "$LIB" lib
ask storm report
expect_eq "$(part late) $(part bad)" "0 0" "late and bad calls"
[ "$(part judged)" -gt 0 ] && [ "$(part births)" -gt 0 ] || die "too little happened: $answer"
is storm ok stop
stop storm
# with other threads it is the transition that comes to it
start storm "$T/hazard/storm" dlthreads 2 "$PWD/lib"
"$T/hazard/turns" -n -t $((2 * SUTURE_FACTOR)) -d $((5 * SUTURE_FACTOR)) "$(spm replace)" 1000 "$LIB" lib.0 lib.1 lib.2
ask storm report
expect_eq "$(part bad)" 0 "bad calls"
[ "$(part births)" -gt 0 ] || die "too little happened: $answer"
is storm ok stop
