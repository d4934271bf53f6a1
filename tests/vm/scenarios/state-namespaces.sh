#!/bin/bash
# meaning: processes in other user, pid, network and IPC namespaces are patched, and status names them by the pid that is seen here
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start inner unshare --user --map-root-user --pid --fork --mount-proc --net --ipc "$T/funcs/funcs"
inner=$(pgrep -P "${pid[inner]}")
expect_eq "$(awk '/^NSpid:/ { print $3 }' "/proc/$inner/status")" 1 "its id in its own namespace"
for patch in replace pair; do
	apply $patch
	is inner ok new $patch
	expect_eq "$(proc $patch "$inner" state)" patched "state, by the id that is seen here"
	revert $patch
	is inner ok old $patch
done
# one that comes into being there
apply replace
start later nsenter --target "$inner" --user --pid --mount --preserve-credentials "$T/funcs/funcs"
is later 1001 first
is later ok new replace
expect_eq "$(total replace patched)" 2 "processes patched"
revert replace
is inner ok old replace
is later ok old replace
