#!/bin/bash
# meaning: text that the process has made inaccessible is found all the same: a revert ends
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/layers/layers"
is one ok open "$T/layers/liblayers.so"
apply layers-above
is one "501 502 3" values
is one ok hide
revert layers-above --timeout 5
is one ok show
is one "1 2 3" values
stop one
