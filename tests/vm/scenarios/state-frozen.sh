#!/bin/bash
# meaning: processes of a frozen cgroup are patched without being thawed
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

ice=/sys/fs/cgroup/ice
trap 'echo 1 >$ice/cgroup.kill; wait_for 5 rmdir $ice' EXIT
mkdir $ice
start asleep "$T/funcs/funcs"
start busy "$T/funcs/funcs"
is busy "ok 4" spin 4
echo "${pid[asleep]}" >$ice/cgroup.procs
echo "${pid[busy]}" >$ice/cgroup.procs
frozen() {
	grep -q "^frozen $1$" $ice/cgroup.events
}
switches() {
	awk '/_switches/ { print $2 }' /proc/"${pid[busy]}"/task/*/status "/proc/${pid[asleep]}/status" | xargs
}
for patch in replace pair; do
	echo 1 >$ice/cgroup.freeze
	wait_for 5 frozen 1
	before=$(switches)
	apply $patch
	for name in asleep busy; do
		expect_eq "$(proc $patch "${pid[$name]}" state)" patched "state of $name"
		text "${pid[$name]}" libfuncs.so "$([ $patch = pair ] && echo 2 || echo 1)"
	done
	frozen 1 || die "the cgroup is not frozen any more"
	expect_eq "$(switches)" "$before" "context switches of five threads"
	[ $patch = replace ] || revert $patch
	frozen 1 || die "the cgroup is not frozen any more"
	echo 0 >$ice/cgroup.freeze
	wait_for 5 frozen 0
	for name in asleep busy; do
		is $name ok "$([ $patch = pair ] && echo old || echo new)" $patch
	done
	[ $patch = pair ] || revert $patch
done
ask busy counts
nap 0.5
ask busy counts
expect_eq "$(part new) $(part bad)" "0 0" "new and bad calls after the revert"
[ "$(part old)" -gt 0 ] || die "no thread runs: $answer"
