#!/bin/bash
# meaning: a patch whose hook does not return in a process, or for which one waits too long where that is configured, is taken back and marked bad
# limit: 200
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/service.sh

service_clean
start p "$T/hooks/hooked"
is p ok deed 1 2 0	# pre_patch will loop
service_start
watched
put hooked
decided hooked bad
expect_match "$(suture list)" "hooked .*was taken back .*: hooked \(process ${pid[p]}\): a hook of the patch did not return in time" "the evidence"
wait_for 20 eval "! loaded hooked"
is p 2 call
rm "$VAR/hooked.spm"
stop p

# inside the function that is replaced
start h "$T/threads/holder"
printf '[Watch]\nHangSec=0\n' >/etc/suture/suture.conf
is h ok enter hold
put hold
decided hold applying
nap 3
expect_eq "$(why hold)" applying "what is thought of it without HangSec"
printf '[Watch]\nHangSec=3\n' >/etc/suture/suture.conf
decided hold bad
expect_match "$(suture list)" "hold .*was taken back .*: holder \(process ${pid[h]}\): it has been waiting for [0-9]+ s \(inside\)" "the evidence"
rm "$VAR/hold.spm"
wait_for 20 eval "! loaded hold"
is h "6 0" leave
service_stop
stop h
