#!/bin/bash
# meaning: of two patches of one function each calls the target's own old code, in any order of coming off
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

old='word 1005 compare 10 -94 call 16 pad 1012 gate 8 fib 55 visit 4 varargs 495051'
low='word 11005 compare 10010 9906 call 19 pad 2019 gate 10008 fib 55 visit 10004 varargs 505152'
both='word 21005 compare 10010 9906 call 20016 pad 2019 gate 10008 fib 55 visit 20004 varargs 505152'
top='word 21005 compare 10 -94 call 20016 pad 1012 gate 8 fib 55 visit 20004 varargs 495051'
lib=liboriginal.so

start one "$T/original/original"
apply original
is one "$low" value
apply original-top
is one "$both" value
is one same storm 500
text "${pid[one]}" $lib 8
# the lower one comes off below the other
revert original
is one "$top" value
text "${pid[one]}" $lib 3
revert original-top
is one "$old" value

# the upper one first; a thread is inside the old function by way of the lower one
apply original
is one inside enter visit
apply original-top
is one "$both" value
revert original-top
is one "$low" value
is one 10021 leave
revert original
is one "$old" value
text "${pid[one]}" $lib 0
stop one
