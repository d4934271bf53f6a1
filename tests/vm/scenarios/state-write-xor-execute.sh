#!/bin/bash
# meaning: a process that may not make memory executable (MemoryDenyWriteExecute, as a filter and by PR_SET_MDWE) is patched and reverted
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

names=filter
start filter "$T/machine/guarded"
is filter ok "w^x"
is filter "errno 1" probe exec
start mdwe "$T/machine/guarded"
ask mdwe mdwe
# from Linux 6.3 on
if [ "$answer" = ok ]; then
	is mdwe "errno 13" probe mmap
	names+=" mdwe"
else
	ok "this kernel has no PR_SET_MDWE"
fi
for patch in replace pair; do
	apply $patch
	for name in $names; do
		expect_eq "$(proc $patch "${pid[$name]}" state)" patched "state of $name"
		is "$name" ok new $patch
	done
	revert $patch
	for name in $names; do
		is "$name" ok old $patch
		text "${pid[$name]}" libfuncs.so 0
	done
done
# as it was before
is filter "errno 1" probe exec
