#!/bin/bash
# meaning: nobody is missed in a chain of forks whose parents end at once: all new when it is in, nobody maps it when it is out
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
# shellcheck source=tests/targets/chain.sh
. /suture/tests/targets/chain.sh

chain_rounds 8 $((20 * SUTURE_FACTOR)) 300000 0
