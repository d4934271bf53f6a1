#!/bin/bash
# meaning: a second patch on the same object is refused while the first is in transition, with its name
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start a "$T/stack/stack"
apply stack-low
is a ok enter
suture apply --no-wait "$(spm replace-low)"
nap 0.2
expect_status 1 suture apply "$(spm stack-high)"
expect_match "$output" "transition.*replace-low|transition.*stack-low" "the refusal names the patch that is in the way"
! loaded stack-high || die "it is loaded"
is a ok leave
wait_for 5 state_is replace-low "${pid[a]}" patched
wait_for 5 eval "! loaded stack-low"
apply stack-high
is a "201 2 203" values
revert stack-high
revert replace-low
is a "1 2 3" values
stop a
