#!/bin/bash
# meaning: processes are ended by the OOM killer during transitions, also when it is the patch that asks for the last page
# limit: 120
# kernel-allow: Call Trace
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

group=/sys/fs/cgroup/full
clean() {
	kill "${hogs[@]}" 2>/dev/null || true
	echo 1 >$group/cgroup.kill
	wait_for 5 rmdir $group
}
trap clean EXIT
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
mkdir $group
echo $((4 << 20)) >$group/memory.max
[ ! -e $group/memory.swap.max ] || echo 0 >$group/memory.swap.max
# always two of them are there
hog() {
	while :; do
		(echo "$BASHPID" >$group/cgroup.procs && exec "$T/hazard/hog" 16) || true
	done
}
hogs=()
hog >/dev/null 2>&1 &
hogs+=($!)
hog >/dev/null 2>&1 &
hogs+=($!)
start outside "$T/funcs/funcs"
is outside "ok 2" spin 2
kills() {
	awk '$1 == "oom_kill" { print $2 }' $group/memory.events
}
for ((i = 0; i < 1 || (i < 10 && $(kills) < 4); i++)); do
	"$T/hazard/turns" -n -t 4 "$(spm replace)" 1000 "$LIB"
done
[ "$(kills)" -ge 4 ] || die "only $(kills) were killed"
ok "$(kills) processes were killed by the OOM killer"
is outside ok old replace
ask outside counts
expect_eq "$(part bad)" 0 "bad calls outside"
apply replace
is outside ok new replace
revert replace
is outside ok old replace
