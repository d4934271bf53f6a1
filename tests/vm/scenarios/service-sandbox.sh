#!/bin/bash
# meaning: sutured in a sandbox as its unit makes it (a mount namespace, read-only, few capabilities): it applies and reverts, and what it has loaded keeps its path when it ends
# limit: 150
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/service.sh

# sandbox COMMAND...: with the capabilities of the unit, and without a right to write but to its folders
sandbox() {
	local unit=/suture/userspace/daemon/sutured.service caps
	caps=$(sed -n 's/^CapabilityBoundingSet=//p' $unit | sed 's/CAP_//g; s/ /,+/g' | tr '[:upper:]' '[:lower:]')
	mkdir -p /var/lib/suture/state /run/suture
	exec unshare --mount --propagation slave bash -c '
		for dir in /var/lib/suture/state /run/suture; do mount --bind $dir $dir; done
		mount -o remount,bind,ro /var && mount -o remount,bind,ro /run && mount -o remount,bind,ro /tmp &&
			mount -o remount,bind,rw /var/lib/suture/state && mount -o remount,bind,rw /run/suture || exit 9
		! touch /var/lib/suture/patches/x 2>/dev/null || exit 8
		caps=$1; shift
		exec setpriv --bounding-set "-all,+$caps" --no-new-privs "$@"' sandbox "$caps" "$@"
}

service_clean
start one "$T/funcs/funcs"
(sandbox sutured) >sutured.out 2>&1 &
wait_for 20 test -s /run/suture/sutured.json
service_pid=$(jq .pid /run/suture/sutured.json)
expect_no_match "$(readlink /proc/self/ns/mnt)" "^$(readlink "/proc/$service_pid/ns/mnt")$" "a mount namespace of its own"
expect_eq "$(of_status "$service_pid" NoNewPrivs)" 1 "no new privileges"
put replace
becomes 20 one ok new replace
decided replace applied
[ ! -r /sys/kernel/btf/vmlinux ] || wait_for 60 eval '[ "$("$T/tools/pick" watch on </run/suture/sutured.json)" = true ]'
expect_eq "$(suture list --json | jq -r '.patches[0].path')" "$VAR/replace.spm" "the path of what is loaded"
# its mounts go with it; the path stays, and so the next one knows its own
kill -TERM "$service_pid"
wait_for 20 eval "! [ -e /proc/$service_pid ]"
expect_eq "$(suture list --json | jq -r '.patches[0].path')" "$VAR/replace.spm" "the path, when it has ended"
expect_eq "$(grep -c "$VAR/replace.spm" "/proc/${pid[one]}/maps")" "$(grep -c replace.spm "/proc/${pid[one]}/maps")" "the path in the process"
(sandbox sutured) >sutured.out 2>&1 &
wait_for 20 eval '[ "$("$T/tools/pick" pid </run/suture/sutured.json)" != "$service_pid" ]'
service_pid=$(jq .pid /run/suture/sutured.json)
decided replace applied
suture remove --no-wait replace
becomes 20 one ok old replace
suture restore replace
becomes 20 one ok new replace
rm "$VAR/replace.spm"
becomes 20 one ok old replace
kill -TERM "$service_pid"
wait_for 20 eval "! [ -e /proc/$service_pid ]"
stop one
