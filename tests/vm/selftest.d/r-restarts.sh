#!/bin/bash
# meaning: asks for a restart of the machine, twice, the second time as if the power had failed
# limit: 20
. /suture/tests/vm/lib.sh
echo "stage $STAGE" >>stages
sync
[ "$STAGE" != 0 ] || restart_machine
[ "$STAGE" != 1 ] || restart_machine hard
expect_eq "$(paste -s -d , stages)" "stage 0,stage 1,stage 2" "what the folder remembers"
