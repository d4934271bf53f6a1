#!/bin/bash
# meaning: a library that some commands need is loaded by these; where it is missing they say so, and the others work
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# without "LIBRARY..." COMMAND...: in a machine where these libraries are damaged
without() {
	local libraries=$1
	shift
	# shellcheck disable=SC2016 # for the inner bash
	unshare --mount --propagation private bash -c '
		for library in $1; do
			found=(/usr/lib/*/"$library".so.*[0-9])
			[ -e "${found[0]}" ] || exit 99
			for file in "${found[@]}"; do mount --bind /dev/null "$file" || exit 99; done
		done
		shift
		exec "$@"' without "$libraries" "$@"
}

some="libbpf libcapstone libcrypto libdw libkmod"

# the commands of every day need none of them
start one "$T/funcs/funcs"
expect_status 0 without "$some" suture --version
expect_status 0 without "$some" suture status
expect_status 0 without "$some" suture apply "$(spm replace)"
is one ok new replace
expect_status 0 without "$some" suture status
expect_match "$output" "1 patched" "the status"
expect_status 0 without "$some" suture revert replace
is one ok old replace

# LIBRARY WORDS COMMAND...: the command says which one is missing, and does nothing else
needs() {
	local library=$1 words=$2
	shift 2
	expect_status 1 without "$library" "$@"
	expect_match "$output" "$words: .*$library\\.so\\.[0-9]+.*file too short" "it names $library"
	expect_no_match "$output" "Segmentation|core dumped" "it ends by itself"
}

cp "$(spm replace)" copy.spm
needs libcrypto "digests cannot be read" suture verify copy.spm
needs libkmod "kernel modules cannot be loaded" suture doctor
needs libcapstone "no disassembler" suture inspect "$(spm replace)"
needs libdw "unwind tables cannot be read" suture inspect "$(spm replace)"
suture apply "$(spm replace)"
needs libbpf "no BPF programs" suture trace --for 1 replace
unload=$(suture revert replace)
expect_match "$unload" "1 process" "reverted"
unload_module
needs libkmod "kernel modules cannot be loaded" suture apply "$(spm replace)"
! module_loaded || die "the module was loaded"
expect_status 0 suture apply "$(spm replace)"
is one ok new replace
suture revert replace
