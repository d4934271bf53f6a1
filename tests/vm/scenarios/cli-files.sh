#!/bin/bash
# meaning: the target is found though its file was deleted, replaced, or belongs to another mount namespace
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

mkdir libs
# an upgrade: the file is gone, another build is in its place
cp "$LIB" libs/libfuncs.so
start gone "$T/funcs/funcs-dl"
is gone "5 1" open "$PWD/libs/libfuncs.so"
rm libs/libfuncs.so
cp "$T/funcs/other/libfuncs.so" libs/libfuncs.so
# a file of a container: nobody outside has a path to it
mkdir inner
start inside unshare -m bash -c "mount -t tmpfs none '$PWD/inner' &&
	cp '$LIB' '$PWD/inner/lib.so' && exec '$T/funcs/funcs-dl'"
is inside "5 1" open "$PWD/inner/lib.so"
[ ! -e inner/lib.so ] || die "the mount is not private"
# two copies, in the same process and in another
cp "$LIB" libs/copy.so
start copy "$T/funcs/funcs-dl"
is copy "5 1" open "$PWD/libs/copy.so"

expect_status 0 suture targets "$(spm replace)"
expect_match "$output" "libs/libfuncs.so \(deleted\)" "the deleted file"
expect_match "$output" "inner/lib.so \(in the mount namespace of process ${pid[inside]}\)" \
	"the file of the other namespace"
expect_match "$output" "3 processes would be patched" "the number of processes"
expect_status 0 suture apply "$(spm replace)"
expect_match "$output" "3 processes: 3 patched" "the totals"
is gone 1005 answer
is inside 1005 answer
is copy 1005 answer

# a copy that was not there before: known after the next apply, and then from the start
cp "$LIB" libs/later.so
start later "$T/funcs/funcs-dl"
is later "5 1" open "$PWD/libs/later.so"
expect_status 0 suture apply "$(spm replace)"
expect_match "$output" "already applied; 4 processes: 4 patched" "the totals"
is later 1005 answer
is later ok close
is later "1005 1001" open "$PWD/libs/later.so"
expect_eq "$(suture list --json | jq '.patches[0].files')" 4 "files watched"

# a file that nobody maps yet, named by the user
cp "$LIB" libs/named.so
expect_status 0 suture apply --file libs/named.so "$(spm replace)"
start named "$T/funcs/funcs-dl"
is named "1005 1001" open "$PWD/libs/named.so"

revert replace
is gone 5 answer
is inside 5 answer
is later 5 answer
