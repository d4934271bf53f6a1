#!/bin/bash
# meaning: no patch of the scenario before is left, and the module can go
# limit: 30
. /suture/tests/vm/lib.sh
expect_eq "$(ls /sys/kernel/suture)" "" "list of patches"
unload_module
