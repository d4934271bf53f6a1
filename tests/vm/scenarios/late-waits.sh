#!/bin/bash
# meaning: a process that needs a patch after it was applied everywhere, and has to wait, is tried again until it has it
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

extra=$T/frames/libextra.so
start first "$T/frames/frames"
start late "$T/frames/frames"
is first ok open "$extra"
is late ok sleep 2 64
is late ok enter plain
apply frames-needed
is first "30 2" value
expect_eq "$(</sys/kernel/suture/frames-needed/transition)" 0 transition
expect_eq "$(proc frames-needed "${pid[late]}" state)" "not applicable" "state without the needed library"
# now the patch fits, but a thread is inside the old function
is late ok open "$extra"
wait_for 5 state_is frames-needed "${pid[late]}" waiting
expect_eq "$(proc frames-needed "${pid[late]}" reason)" inside "reason"
expect_eq "$(</sys/kernel/suture/frames-needed/transition)" 1 transition
is late "1 2" value
nap 1
expect_eq "$(proc frames-needed "${pid[late]}" state)" waiting "state"
[ "$(proc frames-needed "${pid[late]}" attempts)" -ge 2 ] || die "it is not tried again"
text "${pid[late]}" libframes.so 0
is late 1 leave
wait_for 5 state_is frames-needed "${pid[late]}" patched
wait_for 5 eval '[ "$(</sys/kernel/suture/frames-needed/transition)" = 0 ]'
is late "30 2" value
text "${pid[late]}" libframes.so 1
revert frames-needed
is first "1 2" value
is late "1 2" value
text "${pid[late]}" libframes.so 0
expect_eq "$(count_maps "${pid[late]}" .spm)" 0 "mappings of the patch"
stop late
stop first
