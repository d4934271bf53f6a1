#!/bin/bash
# meaning: new functions call the old ones: entries that are relative to themselves, calls first, recursion, variable arguments
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

old='word 1005 compare 10 -94 call 16 pad 1012 gate 8 fib 55 visit 4 varargs 495051'
new='word 11005 compare 10010 9906 call 19 pad 2019 gate 10008 fib 55 visit 10004 varargs 505152'
lib=liboriginal.so

start one "$T/original/original"
is one "$old" value
apply original
start two "$T/original/original"
for i in one two; do
	is "$i" '0 0 0 0 0 0 0 0' seen
	is "$i" "$new" value
	# fib(10) is 177 calls, each through the new function
	is "$i" '1 2 1 1 1 177 1 1' seen
	text "${pid[$i]}" $lib 8
	is "$i" same storm 2000
done
revert original
for i in one two; do
	is "$i" "$old" value
	text "${pid[$i]}" $lib 0
	expect_eq "$(count_maps "${pid[$i]}" .spm)" 0 "mappings of the patch"
done

# in and out while two threads call them all the time: never a wrong result
is one ok mix
for ((i = 0; i < 8; i++)); do
	apply original
	revert original
done
ask one mixed
expect_match "$answer" '^changes [0-9]+$' "no wrong result: $answer"
[ "$(part changes)" -ge 8 ] || die "the threads saw too little of it: $answer"
is one "$old" value
is one same storm 1000
stop one
stop two
