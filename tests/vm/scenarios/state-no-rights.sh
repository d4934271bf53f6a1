#!/bin/bash
# meaning: processes with no_new_privs, without PR_SET_DUMPABLE, without capabilities, at their limits of memory, and locked in memory are patched and reverted
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

declare -A how=([privs]=privs [undumpable]=undumpable [locked]=locked [limit]=limit [user]=privs)
for name in privs undumpable locked limit; do
	start $name "$T/machine/guarded"
	is $name ok "${how[$name]}"
done
start user setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
	"$T/machine/guarded"
is user ok privs
is user ok undumpable
# RLIMIT_AS is in force
is limit "errno 12" probe mmap
expect_eq "$(of_status "${pid[privs]}" NoNewPrivs) $(of_status "${pid[user]}" CapBnd)" \
	"1 0000000000000000" "no_new_privs, and the capabilities of a user"
for patch in replace pair; do
	apply $patch
	for name in "${!how[@]}"; do
		expect_eq "$(proc $patch "${pid[$name]}" state)" patched "state of $name"
		is "$name" ok new $patch
	done
	revert $patch
	for name in "${!how[@]}"; do
		is "$name" ok old $patch
		text "${pid[$name]}" libfuncs.so 0
	done
done
