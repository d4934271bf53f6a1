#!/bin/bash
# meaning: a patched library is closed and another build of it comes to the same place: nothing stale is left, and the patch goes out
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

mkdir a
cp "$LIB" a/
start dl "$T/funcs/funcs-dl"
is dl "5 1" open "$PWD/a/libfuncs.so"
before=$(load_address "${pid[dl]}" libfuncs.so)
# an upgrade on disk
cp "$T/funcs/other/libfuncs.so" a/new
mv a/new a/libfuncs.so
apply replace
is dl 1005 answer
is dl ok close
is dl "5 1" open "$PWD/a/libfuncs.so"
expect_eq "$(load_address "${pid[dl]}" libfuncs.so)" "$before" "the place of the other build"
text "${pid[dl]}" libfuncs.so 0
revert replace
is dl 5 answer
expect_eq "$(count_maps "${pid[dl]}" .spm)" 0 "mappings of the patch"
