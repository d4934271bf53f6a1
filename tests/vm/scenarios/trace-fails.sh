#!/bin/bash
# meaning: what suture trace says where it cannot work: no BTF, no rights, no such patch, nothing that can be probed
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

spm=$(spm replace)
expect_status 1 suture trace nothing
expect_match "$output" "nothing: no such patch is loaded; name its file" "an unknown name"
expect_status 1 suture trace ./nothing.spm
expect_match "$output" "cannot open ./nothing.spm" "an unknown file"
expect_status 1 suture trace --pid 99999 "$spm"
expect_match "$output" "no process 99999" "an unknown process"
for args in "" "--for never $spm" "--pid 0 $spm" "$spm $spm"; do
	# shellcheck disable=SC2086 # words
	expect_status 2 suture trace $args
done
expect_status 1 setpriv --reuid 65534 --regid 65534 --clear-groups suture trace "$spm"
expect_match "$output" "root" "without rights"

mount -t tmpfs none /sys/kernel/btf
status=0
output=$(suture trace --for 0 "$spm" 2>&1) || status=$?
umount /sys/kernel/btf
expect_eq "$status" 1 "exit status without BTF"
expect_match "$output" "/sys/kernel/btf/vmlinux is not there .*CONFIG_DEBUG_INFO_BTF" "without BTF"
# and with it, nobody runs the library
expect_status 5 suture trace --for 0 "$spm"
expect_match "$output" "the patch is not loaded" "nothing is loaded"
