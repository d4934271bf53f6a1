#!/bin/bash
# meaning: forty processes that start, fork, exec and end while they are traced: each has its own count, also when it is gone
# limit: 180
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/trace.sh

# sum NAME SIDE: of all processes
sum() {
	jq -r --arg side "$2" '[.processes[].functions[] | .[$side]] | add // 0' "$1.json"
}

apply replace --file "$LIB"
trace_start crowd replace
# 20 at once; each one's constructor calls once more
start crowd "$T/funcs/crowd" 20 "$T/funcs/funcs"
is crowd "all ok 5" calls 5
is crowd "all ok 6" calls 6
# 20 one after the other, which end
for _ in {1..20}; do
	echo "calls 3" | "$T/funcs/funcs" >/dev/null
done
stop crowd
trace_stop crowd 0
expect_eq "$(jq '.processes | length' crowd.json)" 40 "processes"
expect_eq "$(sum crowd old)" 0 "old calls"
expect_eq "$(sum crowd new)" $((20 * (1 + 5 + 6) + 20 * (1 + 3))) "new calls"
expect_eq "$(verdict crowd)" dead verdict

# those that ended before the patch came are no sign of life; without the patch they are
revert replace
trace_start gone "$(spm replace)" --file "$LIB"
echo "calls 3" | "$T/funcs/funcs" >/dev/null
nap 2
apply replace --file "$LIB"
echo "calls 4" | "$T/funcs/funcs" >/dev/null
trace_stop gone 0
expect_eq "$(sum gone old) $(sum gone new)" "4 5" "calls of processes that are gone"
expect_eq "$(verdict gone)" dead verdict
revert replace
trace_start never "$(spm replace)" --file "$LIB"
echo "calls 3" | "$T/funcs/funcs" >/dev/null
trace_stop never 5
expect_eq "$(verdict never) $(sum never old)" "alive 4" "verdict and calls without the patch"
