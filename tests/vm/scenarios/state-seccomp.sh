#!/bin/bash
# meaning: processes whose seccomp filters kill them for mmap or mprotect, or in strict mode, are patched and reverted
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

for name in filter strict both; do
	start $name "$T/machine/guarded"
done
is both ok privs
is both ok seccomp
is filter ok seccomp
# the filter does what is said of it
is filter "signal 31" probe mmap
is strict ok strict
for patch in replace pair; do
	apply $patch
	for name in filter strict both; do
		expect_eq "$(proc $patch "${pid[$name]}" state)" patched "state of $name"
		is $name ok new $patch
	done
	revert $patch
	for name in filter strict both; do
		is $name ok old $patch
		text "${pid[$name]}" libfuncs.so 0
		expect_eq "$(count_maps "${pid[$name]}" .spm)" 0 "mappings of the patch"
	done
done
expect_eq "$(of_status "${pid[filter]}" Seccomp) $(of_status "${pid[strict]}" Seccomp)" "2 1" \
	"modes of seccomp"
