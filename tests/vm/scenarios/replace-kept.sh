#!/bin/bash
# meaning: a process keeps a replaced patch for good; a third patch goes on top all the same, and the user can take the kept one out
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start keeps "$T/stack/stack"
start other "$T/stack/stack"
apply stack-low
# a breakpoint where only the new one writes
at=$(($(load_address "${pid[keeps]}" libstack.so) + $(old_address replace-low stay)))
printf '\xcc' | dd of="/proc/${pid[keeps]}/mem" bs=1 seek=$at conv=notrunc status=none
expect_status 5 suture apply "$(spm replace-low)"
expect_eq "$(proc replace-low "${pid[keeps]}" state)" refused "by the new one"
expect_eq "$(proc stack-low "${pid[keeps]}" state), $(proc stack-low "${pid[keeps]}" reason)" \
	"patched, replaced" "by the old one"
is keeps "101 102 3" values
is other "401 2 3" values
apply stack-high
is keeps "201 102 203" values
is other "201 2 203" values
revert stack-low --force --timeout 5
is keeps "201 2 203" values
is other "201 2 203" values
revert stack-high
is keeps "1 2 3" values
is other "401 2 3" values
revert replace-low
is other "1 2 3" values
expect_eq "$(count_maps "${pid[keeps]}" .spm)" 0 "mappings of patches"
stop other
