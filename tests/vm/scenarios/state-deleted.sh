#!/bin/bash
# meaning: processes whose library file was deleted or replaced on disk are found and patched
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

mkdir a
cp "$LIB" a/
start gone "$T/funcs/funcs-dl"
is gone "5 1" open "$PWD/a/libfuncs.so"
# an upgrade: another build under the same name
cp "$T/funcs/other/libfuncs.so" a/new
mv a/new a/libfuncs.so
start upgraded "$T/funcs/funcs-dl"
is upgraded "5 1" open "$PWD/a/libfuncs.so"
expect_match "$(cat "/proc/${pid[gone]}/maps")" "libfuncs.so \\(deleted\\)" "the file is deleted"
apply replace
expect_eq "$(proc replace "${pid[gone]}" state)" patched state
is gone 1005 answer
# that is another build, and none of this patch's business
is upgraded 5 answer
expect_eq "$(proc replace "${pid[upgraded]}" state)" "" "state of the upgraded one"
revert replace
is gone 5 answer
expect_eq "$(count_maps "${pid[gone]}" .spm)" 0 "mappings of the patch"
# again, with nothing on disk at all
rm -r a
apply replace
is gone 1005 answer
revert replace
is gone 5 answer
