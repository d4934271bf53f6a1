#!/bin/bash
# meaning: a static function is replaced
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/funcs/funcs"
is one ok old static-function
apply static-function
is one ok new static-function
is one ok new static-function
text "${pid[one]}" libfuncs.so 1
is one ok old replace
revert static-function
is one ok old static-function
text "${pid[one]}" libfuncs.so 0
stop one
