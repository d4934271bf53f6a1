#!/bin/bash
# meaning: the fixed package is nothing to patch, an installed vulnerable one is found before anything runs with it
# arch: x86_64
# limit: 120
# shellcheck source=tests/vm/lib.sh
. /suture/tests/vm/lib.sh
# shellcheck source=tests/targets/lib.sh
. /suture/tests/targets/lib.sh
patch=$(spm libevent-cve-2026-63385)
folder=/usr/lib/x86_64-linux-gnu

trap 'rm -f $folder/libevent-2.1.so.7 $folder/libevent-2.1.so.7.0.1' EXIT
install_package() {
	cp "$targets/evserver/$1/libevent-2.1.so.7" "$folder/libevent-2.1.so.7.0.1.new"
	mv "$folder/libevent-2.1.so.7.0.1.new" "$folder/libevent-2.1.so.7.0.1"
	ln -sfn libevent-2.1.so.7.0.1 "$folder/libevent-2.1.so.7"
}

install_package fixed
server_start reference "$folder"
expect_status 3 suture apply "$patch"
expect_match "$output" debef1812b79ee94959bab0432d4e9861a4fe9ba "apply names the build that it found"

# The package of the main suite, installed, and no process has it yet.
install_package vulnerable
expect_status 0 suture apply "$patch"
server_start server "$folder"
expect_server server fixed
expect_eq "$(count_maps "${bg[reference]}" .spm)" 0 "mappings of the patch in the fixed package's process"

# An upgrade of the package: what runs keeps its file, deleted and patched.
install_package fixed
expect_server server fixed
expect_status 0 suture revert libevent-cve-2026-63385
expect_server server vulnerable
# Deleted but mapped: found all the same.
expect_status 0 suture apply "$patch"
expect_server server fixed
expect_status 0 suture revert libevent-cve-2026-63385
expect_server server vulnerable
expect_server reference fixed
