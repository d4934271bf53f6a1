#!/bin/bash
# meaning: a scenario that cannot run here
# limit: 20
. /suture/tests/vm/lib.sh
skip "no such thing in this machine"
