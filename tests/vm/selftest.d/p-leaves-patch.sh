#!/bin/bash
# meaning: a scenario that leaves a patch loaded
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
start one "$T/funcs/funcs"
apply replace
