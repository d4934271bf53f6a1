#!/bin/bash
# meaning: processes in a chroot, and in another mount namespace with a private file system, with copies of the same build are found and patched
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# furnish FOLDER: the program with all that it needs
furnish() {
	mkdir -p "$1/lib64" "$1/lib"
	cp "$LD" "$1$LD"
	cp "$LIBS"/libc.so.6 "$LIB" "$1/lib/"
	cp "$T/funcs/funcs" "$1/"
}
export -f furnish
export LIB LIBS LD T
furnish jail
start outside "$T/funcs/funcs"
start jailed chroot jail "$LD" --library-path /lib /funcs
mkdir private
# what is mounted there is seen by nobody else
# shellcheck disable=SC2016
start apart unshare --mount bash -c 'mount -t tmpfs private private && furnish private && cd private &&
	exec env LD_LIBRARY_PATH=$PWD/lib ./funcs'
[ -z "$(ls private)" ] || die "the private file system is seen from here"
expect_match "$(suture targets "$(spm replace)")" "jail/lib/libfuncs.so" "targets names the copy in the chroot"
apply replace
for name in outside jailed apart; do
	expect_eq "$(proc replace "${pid[$name]}" state)" patched "state of $name"
	is $name ok new replace
done
# three files of one build
expect_eq "$(suture list --json | jq '.patches[0].files')" 3 "files that are watched"
# both places are watched from now on
start later chroot jail "$LD" --library-path /lib /funcs
is later 1001 first
is later ok new replace
# PID and root of the process are as they were
expect_eq "$(readlink "/proc/${pid[jailed]}/root")" "$PWD/jail" "root of the one in the chroot"
revert replace
for name in outside jailed apart later; do
	is $name ok old replace
	expect_eq "$(count_maps "${pid[$name]}" .spm)" 0 "mappings of the patch in $name"
done
