#!/bin/bash
# meaning: callers that keep values in registers which the old static functions did not touch go on to work
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# the trap is there: a plain jump to code that uses more registers breaks both callers
start naive "$T/ipara/ipara"
is naive ok old
is naive "broken ints doubles" naive
stop naive
start one "$T/ipara/ipara"
is one ok old
apply ipara
is one ok new
is one ok new
text "${pid[one]}" libipara.so 2
revert ipara
is one ok old
text "${pid[one]}" libipara.so 0
stop one
