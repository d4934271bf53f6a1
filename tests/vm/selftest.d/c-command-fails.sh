#!/bin/bash
# meaning: a scenario in whose middle a command fails
# limit: 20
. /suture/tests/vm/lib.sh
expect_eq 1 1 "one"
grep -q nothing /dev/null
echo "not reached"
