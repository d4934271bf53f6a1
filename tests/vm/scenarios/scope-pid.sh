#!/bin/bash
# meaning: --pid and --except pid: keep a patch to the processes named, through exec and for forked children, and not for a number that is used again
# limit: 150
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/funcs/funcs"
start two "$T/funcs/funcs"
start gone "$T/funcs/funcs"
start parent "$T/threads/forker"
# one that is named before it has the library
# shellcheck disable=SC2016
start shell bash -c 'echo ready; read -r line; exec "$0"' "$T/funcs/funcs"
named=("${pid[one]}" "${pid[shell]}" "${pid[parent]}" "${pid[gone]}")
expect_status 0 suture apply "${named[@]/#/--pid=}" "$(spm replace)"
expect_match "$output" "only for pid ${pid[one]}, pid" "apply says whom it is for"
is one ok new replace
is two ok old replace
expect_eq "$(proc replace "${pid[two]}" state), $(proc replace "${pid[two]}" reason)" \
	"not applicable, scope" "state of one that is not named"
expect_match "$(suture status replace)" "only for pid ${pid[one]}, pid" "status says who is named"
expect_match "$(suture list)" "only for pid ${pid[one]}, pid" "so does list"
expect_eq "$(suture list --json | jq -r '.patches[0].rules[] | "\(.kind) \(.value) \(.except)"' | sort)" \
	"$(printf 'pid %s false\n' "${named[@]}" | sort)" "rules in JSON"
start later "$T/funcs/funcs"
is later 1 first
is later ok old replace
expect_eq "$(proc replace "${pid[later]}" reason)" scope "reason of a later one"
# it stays the same process
tell shell go
hear shell
expect_match "$answer" ready "the shell is the program now"
is shell 1001 first
is shell ok new replace
# a child has what its parent has, but not one that runs another program
is parent new one fork
is parent old one spawn
ask parent keep
expect_eq "$(proc replace "$answer" state)" patched "state of a forked child"
expect_eq "$(total replace patched)" 5 "processes patched"
is parent new kept
# the number of a process that has ended is another process's
number=${pid[gone]}
stop gone
for try in {1..20}; do
	# so that start needs none for mkfifo
	have_fifos
	echo $((number - 1)) >/proc/sys/kernel/ns_last_pid
	start again "$T/funcs/funcs"
	if [ "${pid[again]}" = "$number" ]; then
		break
	fi
	[ "$try" != 20 ] || die "the number $number does not come again: ${pid[again]}"
	stop again
done
is again 1 first
expect_eq "$(proc replace "$number" reason)" scope "reason of the one that has it now"
expect_match "$(suture status replace)" "pid of a process that has ended" "status knows that it has ended"
revert replace
is one ok old replace

# everybody but one
apply replace --except "pid:${pid[two]}"
is one ok new replace
is two ok old replace
is later ok new replace
expect_match "$(suture status replace)" "not for pid ${pid[two]}" "status says who is excepted"
start another "$T/funcs/funcs"
is another 1001 first
revert replace

# a process that is not there, a thread, and nonsense
expect_status 1 suture apply --pid 4194303 "$(spm replace)"
expect_match "$output" "there is no such process" "a process that is not there"
is one "ok 2" spin 2
thread=$(find "/proc/${pid[one]}/task" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n | tail -1)
[ "$thread" != "${pid[one]}" ] || die "no second thread"
expect_status 1 suture apply --pid "$thread" "$(spm replace)"
expect_match "$output" "there is no such process" "a thread"
for word in 0 -1 1x ''; do
	expect_status 2 suture apply --pid "$word" "$(spm replace)"
done
expect_status 2 suture apply --except pid "$(spm replace)"
expect_match "$(suture list)" "no patch is loaded" "nothing was loaded by all that"
