#!/bin/bash
# meaning: the page that hooks end at cannot be moved away, where it would keep the module
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/layers/layers"
is one ok open "$T/layers/liblayers.so"
apply layers-hooks
ask one door
expect_match "$answer" "^0 of [1-9]" "pages moved, and how many there are: $answer"
is one "601 2 3" values
revert layers-hooks
# it still runs
unload_module
reload_module
is one "1 2 3" values
stop one
