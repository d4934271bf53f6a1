#!/bin/bash
# meaning: the ioctls of second opinions refuse wrong arguments, other pid namespaces, and who has no rights
# limit: 240
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

opinion=$T/unwind/opinion
start one "$T/unwind/unwind"
one=${pid[one]}
ask one tid
tid=$answer
is one ok enter inside
suture apply --no-wait "$(spm unwound)"
wait_for 5 state_is unwound "$one" waiting

output=$("$opinion" misuse unwound "$tid") || die "$output"
expect_match "$output" "^ok 3[0-9]$" "misuse: $output"
output=$("$opinion" thread "$tid")
expect_match "$output" "^0 switches [1-9][0-9]* start [1-9][0-9]* pc [1-9][0-9]* regs (27|34)$" \
	"a thread: $output"
# in another pid namespace the number is nobody's, and 1 is who is first there
output=$(unshare --pid --fork "$opinion" thread "$tid")
expect_match "$output" "^ESRCH " "a thread outside of the pid namespace: $output"
# shellcheck disable=SC2016
output=$(unshare --pid --fork bash -c '"$1" thread 1; :' - "$opinion")
expect_match "$output" "^0 switches .* regs (27|34)$" "thread 1 of the pid namespace: $output"
output=$(unshare --pid --fork "$opinion" settle unwound "$tid" 1 1 1)
expect_eq "$output" ESRCH "settle from another pid namespace"
# it is still held
expect_eq "$(proc unwound "$one" state)" waiting "state"
text "$one" libunwound.so 0
# many opinions on many threads
is one ok crowd 300
begin=$(now_ms)
output=$(suture settle --json unwound) || true
ok "suture settle with 300 threads more: $(($(now_ms) - begin)) ms"
expect_eq "$(proc unwound "$one" state)" waiting "state"
is one 1 leave
apply unwound --timeout $((60 * SUTURE_FACTOR))
expect_eq "$(proc unwound "$one" state)" patched "state with 300 stale words"
revert unwound --timeout $((60 * SUTURE_FACTOR))
stop one
