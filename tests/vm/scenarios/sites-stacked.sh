#!/bin/bash
# meaning: patches that replace the same call stack and come off in any order; a patch of the called function goes with them
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start a "$T/sites/sites"
is a "20 200 3 14 21 17 11" values
apply sites
apply sites-again
is a "20020 200 2003 2014 21 11 -9" values
revert sites
is a "20020 200 2003 14 21 17 11" values
apply sites
is a "10020 200 1003 2014 21 11 -9" values
# the called function: the other caller sees it, too, and what the patches call
apply sites-function
is a "10520 5200 1053 2114 171 11 -9" values
revert sites-again
is a "10520 5200 1053 2114 171 11 -9" values
revert sites
is a "520 5200 53 114 171 17 11" values
revert sites-function
is a "20 200 3 14 21 17 11" values
text "${pid[a]}" libsites.so 0
stop a
