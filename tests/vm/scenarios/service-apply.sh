#!/bin/bash
# meaning: sutured: a file appears: its patch is in all processes within 2 seconds, and in new ones; the file goes: so does the patch
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/service.sh

service_clean
start one "$T/funcs/funcs"
service_start
expect_match "$(cat sutured.out)" "STATUS=0 patches in force" "the status line"
is one ok old replace
# a busy host may take its time, but not three times
for try in 1 2 3; do
	put replace
	becomes 20 one ok new replace
	[ "$took" -gt 2000 ] && [ $try -lt 3 ] || break
	rm "$VAR/replace.spm"
	becomes 20 one ok old replace
	wait_for 20 eval "! loaded replace"
done
expect_le "$took" $((2000 * ${SUTURE_FACTOR:-1})) "milliseconds until it is applied"
start two "$T/funcs/funcs"
is two ok new replace
decided replace applied
expect_match "$(cat sutured.out)" "replace 1.0 \(CVE-2026-00001\): applying it, from $VAR/replace.spm" "what it says"
expect_match "$(jq -c '.patches.replace | [.seen != "", .loaded_boot != ""]' "$STATE")" '\[true,true\]' "what it remembers"
# for monitoring
kill -HUP "$service_pid"
wait_for 20 grep -q -x -F 'suture_patch_processes{name="replace",state="patched"} 2' /run/suture/suture.prom
expect_match "$(</run/suture/suture.prom)" \
	'suture_patch_info\{name="replace",version="1.0",level="1.0 \(a\)",cve="CVE-2026-00001",why="applied"} 1' "the metrics"
expect_eq "$(tail -n 1 /run/suture/suture.prom)" "# EOF" "their end"
# the same from the distribution's folder
rm "$VAR/replace.spm"
becomes 20 one ok old replace
becomes 20 two ok old replace
wait_for 20 said "replace [^ ]*: is out of every process"
put replace other-name.spm "$USR"
becomes 20 one ok new replace
# moved away is gone, too
mv "$USR/other-name.spm" away.spm
becomes 20 one ok old replace
wait_for 20 eval "! loaded replace"
# the watchdog is fed, and it ends well
wait_output sutured '^WATCHDOG=1' 20
# what is in stays when the service ends, and what came meanwhile is seen by the next
put replace
becomes 20 one ok new replace
service_stop
is one ok new replace
rm "$VAR/replace.spm"
is one ok new replace
put static-function
service_start
becomes 20 one ok old replace
wait_for 20 loaded static-function
service_stop
service_start
decided static-function applied
rm "$VAR/static-function.spm"
wait_for 20 eval "! loaded static-function"
service_stop
stop one
stop two
