#!/bin/bash
# meaning: a patch stays in a process that lets go of a needed library and loads it again
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

extra=$T/frames/libextra.so
start one "$T/frames/frames" alone
start other "$T/frames/frames"
is one ok open "$extra"
is one "1 2" value
apply frames-needed
is one "30 2" value
expect_eq "$(proc frames-needed "${pid[one]}" state)" patched "state"
expect_eq "$(proc frames-needed "${pid[other]}" state)" "not applicable" "state without the library"
expect_eq "$(proc frames-needed "${pid[other]}" reason)" incomplete "reason"
mapped=$(grep -F /frames-needed.spm "/proc/${pid[one]}/maps")
# still_there WHEN
still_there() {
	expect_eq "$(grep -F /frames-needed.spm "/proc/${pid[one]}/maps")" "$mapped" \
		"mappings of the patch $1"
	expect_eq "$(proc frames-needed "${pid[one]}" state)" patched "state $1"
	text "${pid[one]}" libframes.so 1
}
for round in 1 2 3; do
	is one ok close
	still_there "without the library"
	# this one has threads, so a look at all processes is due
	is other ok open "$extra"
	wait_for 5 state_is frames-needed "${pid[other]}" patched
	is other "30 2" value
	still_there "after a look at all processes"
	is other ok close
	is one ok open "$extra"
	is one "30 2" value
	still_there "with the library again"
done
is one ok close
# nothing of the new code is needed to take it out
revert frames-needed
is one "1 2" value
is other "1 2" value
for name in one other; do
	text "${pid[$name]}" libframes.so 0
	expect_eq "$(count_maps "${pid[$name]}" .spm)" 0 "mappings of the patch in $name"
done
stop one
stop other
