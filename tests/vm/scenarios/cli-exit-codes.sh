#!/bin/bash
# meaning: every exit code of suture stands for what its help says
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# 0 and 2: help and usage
expect_status 0 suture --help
expect_match "$output" "4 timed out" "the help has the exit codes"
expect_match "$(suture --version)" "^suture [0-9]" "version"
for command in pack apply revert remove restore auto bundle list status inspect targets doctor; do
	expect_match "$(suture $command --help)" "suture $command.*Exit codes: 0 done" \
		"the help of $command"
	expect_status 2 suture $command --no-such-option
done
expect_status 2 suture
expect_status 2 suture no-such-command
expect_status 2 suture apply
expect_status 2 suture apply --timeout soon "$(spm replace)"
expect_status 2 suture revert
expect_status 2 suture revert --all replace
expect_status 2 suture inspect "$(spm replace)" "$(spm hold)"

# 1: what cannot be; nothing is begun when one of several files is no patch
start one "$T/funcs/funcs"
expect_status 1 suture apply "$(spm replace)" /suture/README.md
expect_status 1 suture apply "$(spm replace)" /no/such/file.spm
expect_status 1 suture apply "$(spm replace)" "$(spm replace)"
expect_match "$output" "both patches of the name replace" "it says why"
expect_match "$(suture list)" "no patch is loaded" "nothing was loaded"
expect_status 1 suture status replace
expect_status 1 suture revert replace

# 3: a build that is nowhere; it names the builds that are
expect_status 3 suture apply "$(spm wrong-build)"
expect_match "$output" "found instead: [^ ]*libfuncs.so, build-id [0-9a-f]{40}" "another build"
expect_status 3 suture targets "$(spm wrong-build)"
# the other patch of the line goes in all the same
expect_status 3 suture apply "$(spm wrong-build)" "$(spm replace)"
is one ok new replace

# a file with the same name and other contents is another patch
cp "$(spm replace)" replace.spm
expect_status 1 suture apply replace.spm
expect_match "$output" "another patch of the name replace is loaded" "it says what is loaded"
is one ok new replace
expect_status 0 suture revert replace
expect_match "$output" "it was in 1 process" "how many it was in"

# 4: time is up, and the transition goes on
start held "$T/threads/holder"
is held ok enter hold
expect_status 4 suture apply --timeout 0.5 "$(spm hold)"
expect_match "$output" "timed out, the transition goes on" "it says so"
expect_match "$output" "${pid[held]}.*waiting: thread [0-9]+ \(holder\) is inside hold" "and why"
timeout -s INT $((3 * SUTURE_FACTOR)) suture apply "$(spm hold)" >interrupted 2>&1 && code=0 || code=$?
cat interrupted
expect_match "$(cat interrupted)" "interrupted, the transition goes on" "interrupted"
is held "6 0" leave
expect_status 0 suture apply --timeout 10 "$(spm hold)"
is held ok enter hold
expect_status 4 suture revert --timeout 0.5 hold
expect_status 1 suture apply "$(spm hold)"
expect_match "$output" "hold is being reverted; .*turn it round" "what to do about it"
echo 1 >/sys/kernel/suture/hold/enabled
expect_status 0 suture apply --timeout 10 "$(spm hold)"
is held "7 0" leave
expect_status 0 suture revert --all

# 5: one refuses
start changed "$T/funcs/funcs"
is changed ok break
expect_status 5 suture apply "$(spm replace)"
expect_match "$output" "${pid[changed]}.*refused: the text of answer is not" "it says which and why"
expect_status 0 suture revert --all
expect_status 0 suture revert --all
expect_match "$output" "no patch is loaded" "nothing is left to revert"
