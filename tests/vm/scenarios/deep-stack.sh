#!/bin/bash
# meaning: threads asleep on large buffers that were never touched do not hold a patch up
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start deep "$T/frames/frames"
is deep ok sleep 4 512
is deep "1 2" value
begin=$(now_ms)
apply frames --timeout $((20 * SUTURE_FACTOR))
expect_le $(($(now_ms) - begin)) 10000 "milliseconds to patch it"
expect_eq "$(proc frames "${pid[deep]}" state)" patched "state"
expect_le "$(proc frames "${pid[deep]}" attempts)" 5 "attempts"
is deep "20 2" value
begin=$(now_ms)
revert frames --timeout $((20 * SUTURE_FACTOR))
expect_le $(($(now_ms) - begin)) 10000 "milliseconds to take it out"
is deep "1 2" value
text "${pid[deep]}" libframes.so 0
expect_eq "$(count_maps "${pid[deep]}" .spm)" 0 "mappings of the patch"
stop deep
