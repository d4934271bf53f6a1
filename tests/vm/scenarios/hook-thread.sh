#!/bin/bash
# meaning: a hook that starts a thread: nothing is written before that one is held, too
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start p "$T/hooks/hooked"
is p ok deed 1 10 0	# pre_patch starts it
is p ok deed 2 11 20	# post_patch looks whether it runs
is p ok deed 3 10 0	# pre_unpatch and post_unpatch likewise
is p ok deed 4 11 20
apply hooked
is p 101 call
is p 0 value 2
ask p log
expect_match "$answer" "^1:2( 1:2)+ 2:101$" "pre_patch again, post_patch once: $answer"
revert hooked
is p 2 call
is p 0 value 4
ask p log
expect_match "$answer" "^3:101( 3:101)+ 4:2$" "pre_unpatch again, post_unpatch once: $answer"
expect_eq "$(count_threads "${pid[p]}")" 3 "its threads"
stop p
