#!/bin/bash
# meaning: where a patch that takes over the state of two others cannot go in, no slot leads from one of them to the other
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start a "$T/stack/stack"
apply state-one
apply state-also
is a "1 2 603" values
# its hooks find nobody who would run them
kill -STOP "${pid[a]}"
wait_for 5 eval '[ "$(of_status "${pid[a]}" State)" = T ]'
expect_status 4 suture apply --timeout 1 "$(spm state-two)"
suture status state-two
expect_match "$(proc state-two "${pid[a]}" state)" waiting "its state"
revert state-two
kill -CONT "${pid[a]}"
is a "1 2 603" values
is a 2 tell 0
# when it does go in, it has what it asks for: the data of the last one
apply state-two
is a 0 tell 0
is a 1 tell 2
is a 0 tell 3
revert state-two
is a "1 2 3" values
stop a
