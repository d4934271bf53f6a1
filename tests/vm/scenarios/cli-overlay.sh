#!/bin/bash
# meaning: a library on an overlay file system, as containers have it, is found and patched, from either layer
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

modprobe overlay || skip "this kernel has no overlayfs"
mkdir lower rest merged
cp "$LIB" lower/lower.so
mount -t tmpfs none rest
mkdir rest/upper rest/work
mount -t overlay -o "lowerdir=$PWD/lower,upperdir=$PWD/rest/upper,workdir=$PWD/rest/work" \
	none merged
cp "$LIB" merged/upper.so
start lower "$T/funcs/funcs-dl"
start upper "$T/funcs/funcs-dl"
is lower "5 1" open "$PWD/merged/lower.so"
is upper "5 1" open "$PWD/merged/upper.so"

expect_status 0 suture targets "$(spm replace)"
expect_match "$output" "merged/lower.so" "the file of the lower layer"
expect_match "$output" "merged/upper.so" "the file of the upper layer"
expect_status 0 suture apply "$(spm replace)"
expect_match "$output" "2 processes: 2 patched" "the totals"
is lower 1005 answer
is upper 1005 answer
# one that comes later
is lower ok close
is lower "1005 1001" open "$PWD/merged/lower.so"
revert replace
is lower 5 answer
is upper 5 answer
stop lower
stop upper
umount merged rest
