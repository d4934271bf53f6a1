#!/bin/bash
# meaning: somebody maps a file that says it is the library and is not: he keeps nobody from being patched
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# A library with the same build-id, whose text is 16 bytes long: struct elf64_phdr of
# type PT_LOAD and flags R X, and in it p_filesz.
cp "$LIB" crafted.so
chmod 755 . crafted.so
read -r at size nr < <(od -An -v -t u2 -w64 -N 64 crafted.so | awk '{ print $17, $28, $29 }')
text=$(od -An -v -t u4 -j "$at" -N $((size * nr)) -w"$size" crafted.so |
	awk '$1 == 1 && $2 == 5 { print NR - 1 }')
expect_match "$text" '^[0-9]+$' "the number of its one text segment"
printf '\x10\0\0\0\0\0\0\0' |
	dd of=crafted.so bs=1 seek=$((at + size * text + 32)) conv=notrunc status=none
start bad setpriv --reuid 65534 --clear-groups "$T/funcs/funcs-dl"
is bad ok text "$PWD/crafted.so"

# alone it is nothing to patch
expect_status 1 suture apply "$(spm replace)"
expect_match "$output" "crafted.so: a function of the patch lies outside its text" "why"
start good "$T/funcs/funcs"
apply replace
is good ok new replace
expect_eq "$(suture list --json | jq ".patches[] | select(.name == \"replace\") | .files")" 1 "files watched"
revert replace
is good ok old replace
stop good
stop bad
