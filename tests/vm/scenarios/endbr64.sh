#!/bin/bash
# meaning: a function that begins with endbr64 keeps it
# arch: x86_64
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start entry "$T/entry/entry"
ask entry bytes cet
expect_match "$answer" "^f3 0f 1e fa " "it begins with endbr64"
before=$answer
is entry ok old cet
apply endbr64
ask entry bytes cet
expect_match "$answer" "^f3 0f 1e fa e9 " "endbr64 stays and the jump is behind it"
is entry ok new cet
text "${pid[entry]}" libcet.so 1
revert endbr64
is entry "$before" bytes cet
is entry ok old cet
is entry 0 bad
stop entry
