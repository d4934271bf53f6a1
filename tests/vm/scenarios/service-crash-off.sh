#!/bin/bash
# meaning: where the kernel lets nobody watch crashes, sutured says so and does all the rest
# limit: 120
# kernel-allow: dies\[[0-9]+\]: segfault
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/service.sh

service_clean
start one "$T/funcs/funcs"
put harm
# a kernel without types
blind() {
	exec unshare --mount --propagation slave bash -c '
		! [ -d /sys/kernel/btf ] || mount -t tmpfs none /sys/kernel/btf || exit 9
		exec sutured'
}
(blind) >sutured.out 2>&1 &
becomes 60 one ok new replace
wait_for 20 said "crashes are not seen, so no patch is taken back because of one: .*BTF"
service_pid=$(jq .pid /run/suture/sutured.json)
wait_for 20 eval '[ "$(jq -r .watch.on /run/suture/sutured.json)" = false ]'
expect_match "$(jq -r .watch.error /run/suture/sutured.json)" BTF "the reason"
dead "$T/service/dies" fine 9
nap 1
decided harm applied
rm "$VAR/harm.spm"
becomes 20 one ok old replace
kill -TERM "$service_pid"
wait_for 20 eval "! [ -e /proc/$service_pid ]"

# nor where it may not: the service does without these capabilities
caps=$(sed -n 's/^CapabilityBoundingSet=//p' /suture/userspace/daemon/sutured.service)
expect_no_match "$caps" "CAP_BPF|CAP_PERFMON" "what CAP_SYS_ADMIN implies is not asked for"
stop one
