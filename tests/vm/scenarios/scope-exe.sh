#!/bin/bash
# meaning: --exe: a patch keeps to executables by pattern, through links, after the file was deleted, in a chroot, and across exec
# limit: 150
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

export LD_LIBRARY_PATH=$T/funcs
mkdir -p bin-a bin-b jail/lib64 jail/lib
cp "$T/funcs/funcs" bin-a/prog
cp "$T/funcs/funcs" bin-b/prog
cp "$T/funcs/funcs" jail/prog
ln -s bin-a/prog link
cp "$LD" "jail$LD"
cp "$LIBS"/libc.so.6 "$LIB" jail/lib/
# states NAME...: what status says of them, and what they run
states() {
	local name reason wanted=$1
	shift
	for name; do
		reason=$(proc replace "${pid[$name]}" reason)
		[ "$wanted" = new ] || expect_eq "$reason" scope "reason of $name"
		[ "$wanted" = old ] || expect_eq "$reason" none "reason of $name"
		is "$name" ok "$wanted" replace
	done
}
start a "$PWD/bin-a/prog"
start b "$PWD/bin-b/prog"
start jailed chroot jail /prog
apply replace --exe "$PWD/bin-a/*"
start a-later "$PWD/bin-a/prog"
start b-later "$PWD/bin-b/prog"
start a-link "$PWD/link"
states new a a-later a-link
states old b b-later jailed
# exec decides anew
# shellcheck disable=SC2016
start changes bash -c 'echo ready; read -r line; exec "$0"' "$PWD/bin-a/prog"
tell changes go
hear changes
is changes 1001 first
revert replace

# a link on the command line means the file; a file that was replaced meanwhile is the same program
mv bin-a/prog bin-a/gone
cp "$T/funcs/funcs" bin-a/prog
rm bin-a/gone bin-b/prog
expect_match "$(readlink "/proc/${pid[b]}/exe")" "deleted" "the executable of one that runs"
apply replace --exe "$PWD/link" --exe "$PWD/bin-b/pro[a-p]"
start a-new "$PWD/link"
states new a-new b b-later
states old a a-link jailed
revert replace

# in a chroot it is still the path that is seen from outside, when it starts as well
apply replace --exe "$PWD/jail/prog"
start jailed-later chroot jail /prog
is jailed-later 1001 first
states new jailed jailed-later
states old a b
revert replace
apply replace --except "exe:$PWD/jail/*" --except "exe:*/bin-b/*"
start jailed-last chroot jail /prog
states old jailed jailed-later jailed-last b
states new a a-new
revert replace
expect_status 2 suture apply --exe prog "$(spm replace)"
expect_match "$output" "does not begin with / or \*" "a name instead of a path"
