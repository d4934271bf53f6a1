#!/bin/bash
# meaning: random calls at the device, by several threads, with memory that changes under them, while the patch goes in and out: nothing breaks; without the capability, all are EPERM
# limit: 80
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

seed=$RANDOM
start one "$T/funcs/funcs"
is one "ok 2" spin 2
start two "$T/threads/sleepers"
is two "ok 16" start 400
tids=()
for task in "/proc/${pid[one]}/task"/* "/proc/${pid[two]}/task"/*; do
	tids+=("${task##*/}")
done
before=$(maps "${pid[two]}")
output=$("$T/tools/iofuzz" "$(spm replace)" "$LIB" $((4 * ${SUTURE_FACTOR:-1})) $seed "${tids[@]}") || die "seed $seed: $output"
ok "seed $seed, calls/good: $output"
# each of them got through, but for the list of revoked patches, which there is none of
while read -r -d ' ' call && read -r -d ' ' figures; do
	[ "${figures#*/}" -gt 0 ] || [ "$call" = revoke ] || die "no $call was good"
done <<<"$output "
expect_eq "$(patches_listed)" 0 "patches loaded"
ask one counts
expect_eq "$(part bad)" 0 "bad calls of two threads"
text "${pid[one]}" libfuncs.so 0
is one ok old replace
ask two report
expect_eq "$(part failed)" 0 "failed calls"
[ "$(maps "${pid[two]}")" = "$before" ] || die "mappings of the other: $(maps "${pid[two]}")"
# the real one still works
apply replace
is one ok new replace
revert replace
stop one
stop two
# What was remembered goes with the module, and nothing keeps it.
reload_module
