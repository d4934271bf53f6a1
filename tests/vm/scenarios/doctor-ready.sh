#!/bin/bash
# meaning: suture doctor says that the machine is ready once the module is in
# limit: 30
. /suture/tests/vm/lib.sh

expect_status 0 suture doctor
expect_match "$output" "ready" "doctor says ready"
