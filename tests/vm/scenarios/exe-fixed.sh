#!/bin/bash
# meaning: a static function of an executable at a fixed address is replaced
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/exe/exe-fixed"
start two "$T/exe/exe-fixed"
is one ok old
apply exe-fixed
is one ok new
is two ok new
start three "$T/exe/exe-fixed"
is three ok new
text "${pid[one]}" exe-fixed 1
expect_eq "$(total exe-fixed patched)" 3 "processes patched"
revert exe-fixed
is one ok old
is three ok old
text "${pid[one]}" exe-fixed 0
start four "$T/exe/exe-fixed"
is four ok old
