#!/bin/bash
# meaning: nothing of the scenario before is left
# limit: 20
. /suture/tests/vm/lib.sh
expect_eq "$(pgrep -f suture-selftest-stray || true)" "" "list of strays"
