#!/bin/bash
# meaning: a chain of forks, each of which lives for a shorter time than its visit takes, does not hold up a patch, neither going in nor out
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
# shellcheck source=tests/targets/chain.sh
. /suture/tests/targets/chain.sh

chain_rounds 4 $((8 * SUTURE_FACTOR)) 0 $((2000000 / SUTURE_FACTOR))
