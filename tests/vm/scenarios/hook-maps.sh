#!/bin/bash
# meaning: a hook maps its own target, and that of another patch, which is patched there soon after
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start p "$T/hooks/hooked"
start other "$T/funcs/funcs"
apply replace
ask p open "$T/hooks/libhooked.so"
is p ok deed 1 13 "$answer"	# pre_patch maps it and unmaps it again
ask p open "$LIB"
is p ok deed 2 12 "$answer"	# post_patch maps this one, and leaves it
apply hooked
is p 101 call
is p "1:2 2:101" log
expect_eq "$(count_maps "${pid[p]}" libfuncs.so)" 1 "what the hook has mapped"
wait_for 5 state_is replace "${pid[p]}" patched
revert hooked
is p 2 call
is p "3:101 4:2" log
revert replace
is other ok old replace
stop p
stop other
