#!/bin/bash
# meaning: a process decides by userfaultfd when a page of a patch's data comes: it is refused, its hook is late, and all others go on
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start bad "$T/stack/stack"
start good "$T/stack/stack"
start funcs "$T/funcs/funcs"
apply hooked-low
# its first page of data: the slot of the state, and the words by which hooks find theirs
page=$(awk '/hooked-low.spm/ && $2 ~ /^rw/ { sub(/-.*/, ""); print; exit }' "/proc/${pid[bad]}/maps")
is bad ok missing "$page"
# The state cannot be handed over.
expect_status 5 suture apply --timeout 10 "$(spm hooked-high)"
expect_eq "$(proc hooked-high "${pid[bad]}" state)" failed "state"
expect_eq "$(proc hooked-high "${pid[bad]}" error)" -14 "error"
is bad "101 102 3" values
is bad "1 1 0 0, 0 0 0 0" hooks
is good "401 2 3" values
revert hooked-high --timeout 5
is good "101 102 3" values
# The hook on the way out never comes to its end.
suture revert --no-wait hooked-low
wait_for 5 state_is hooked-low "${pid[bad]}" failed
expect_eq "$(proc hooked-low "${pid[bad]}" error)" -110 "error"
is good "1 2 3" values
apply replace --timeout 10
is funcs ok new replace
revert replace --timeout 10
is bad "101 102 3" values
# until the page has come, and somebody asks for it again
is bad ok come
revert hooked-low
is bad "1 2 3" values
is bad "1 1 1 1, 0 0 0 0" hooks
expect_eq "$(count_maps "${pid[bad]}" .spm)" 0 "mappings of patches"
stop bad
stop good
