#!/bin/bash
# meaning: --cgroup: a patch keeps to a cgroup and all below it, present and later processes; those that move in later are patched at the next apply
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

top=/sys/fs/cgroup/scope
trap 'echo 1 >$top/cgroup.kill; for g in $top/in/deep $top/in $top/out $top; do wait_for 5 rmdir $g; done' EXIT
mkdir $top $top/in $top/in/deep $top/out
# in_group GROUP NAME: born there
in_group() {
	# shellcheck disable=SC2016
	start "$2" bash -c 'echo $$ >"$0/cgroup.procs"; exec "$1"' "$top/$1" "$T/funcs/funcs"
}
start stranger "$T/funcs/funcs"
in_group in a
in_group in/deep b
in_group out c
apply replace --cgroup $top/in
expect_match "$(suture status replace)" "only for cgroup $top/in" "status names the cgroup"
expect_eq "$(suture list --json | jq -r '.patches[0].rules[0] | "\(.kind) \(.value) \(.path)"')" \
	"cgroup $(stat -c %i $top/in) $top/in" "list --json names it"
in_group in d
in_group in/deep e
in_group out f
for name in a b d e; do
	is $name ok new replace
done
is d 1001 first
for name in stranger c f; do
	is $name ok old replace
	expect_eq "$(proc replace "${pid[$name]}" reason)" scope "reason of $name"
done
# what moves in later is found by the next look; what moves out keeps it
echo "${pid[c]}" >$top/in/deep/cgroup.procs
echo "${pid[a]}" >$top/out/cgroup.procs
apply replace --cgroup $top/in
is c ok new replace
is a ok new replace
is f ok old replace
# by the path below the root of the hierarchy it is the same cgroup
expect_status 0 suture apply --cgroup /scope/in "$(spm replace)"
expect_match "$output" "already applied" "the same cgroup by another path"
revert replace
apply replace --except cgroup:$top/in
for name in stranger a f; do
	is $name ok new replace
done
for name in b c d e; do
	is $name ok old replace
done
revert replace
expect_status 2 suture apply --cgroup $top/no "$(spm replace)"
expect_status 2 suture apply --cgroup /etc "$(spm replace)"
expect_match "$output" "is no cgroup of the v2 hierarchy" "a folder that is none"
