#!/bin/bash
# meaning: a static function of a position-independent executable is replaced
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/exe/exe-pie"
start two "$T/exe/exe-pie"
is one ok old
apply exe-pie
is one ok new
is two ok new
start three "$T/exe/exe-pie"
is three ok new
text "${pid[one]}" exe-pie 1
expect_eq "$(total exe-pie patched)" 3 "processes patched"
revert exe-pie
is one ok old
is three ok old
text "${pid[one]}" exe-pie 0
start four "$T/exe/exe-pie"
is four ok old
