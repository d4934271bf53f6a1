#!/bin/bash
# meaning: a process that lies about where its library is, with huge pages there, is not believed
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

mkdir huge
mount -t hugetlbfs none huge 2>/dev/null || skip "this kernel has no huge pages"
echo 4 >/proc/sys/vm/nr_hugepages
[ "$(cat /proc/sys/vm/nr_hugepages)" -ge 2 ] || skip "no memory for huge pages"
trap 'echo 0 >/proc/sys/vm/nr_hugepages; umount -l huge' EXIT

start held "$T/threads/holder"
is held ok enter hold
expect_status 4 suture apply --timeout 0.3 "$(spm hold)"
is held ok lie huge huge/file
revert hold --timeout 5
expect_eq "$(count_maps "${pid[held]}" .spm)" 0 "mappings of the patch that is gone"
is held "6 0" leave
is held ok old hold
stop held
