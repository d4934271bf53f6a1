#!/bin/bash
# meaning: pre_patch runs once, also beside a thread that is woken in the kernel all the time
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

mkfifo pipe
cat pipe >/dev/null &
start one "$T/layers/layers"
is one ok open "$T/layers/liblayers.so"
is one ok write pipe
"$T/hazard/turns" "$(spm layers-hooks)" 20 "$T/layers/liblayers.so"
is one "20 20" hooks
stop one
