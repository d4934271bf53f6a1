#!/bin/bash
# meaning: uprobes that come and go without pause, in the very page that patches are written to: no branch is lost, none is left over
# limit: 240
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

tracing=/sys/kernel/tracing
[ -e $tracing/uprobe_events ] || skip "this kernel has no uprobe events"
start one "$T/funcs/funcs"
start two "$T/funcs/funcs"
is one "ok 1" spin 1
# behind the branch of a function, in the page of all of them
inner=$(old_address pair pair_inner)
# where an instruction begins
at=14
[ "$(uname -m)" = x86_64 ] || at=16
trap 'echo 0 >$tracing/events/storm/enable; echo >$tracing/uprobe_events; echo 1 >$tracing/options/record-cmd' EXIT
# Else each event that comes and goes patches the kernel's own __schedule(), and QEMU (7.2) now
# and then goes on with the breakpoint that stood there for a moment: the VM stands still.
echo 0 >$tracing/options/record-cmd
echo "p:storm/inner $LIB:$(printf 0x%x $((inner + at)))" >$tracing/uprobe_events
toggle() {
	while [ ! -e stop ]; do
		echo 1 >$tracing/events/storm/inner/enable
		echo 0 >$tracing/events/storm/inner/enable
		printf . >>toggled
	done
}
: >toggled
toggle &
toggler=$!
round=0
# on a slow machine a uprobe takes its time
while [ $((round += 1)) -le 10 ] || [ "$(stat -c %s toggled)" -le 20 ]; do
	suture apply "$(spm replace)" "$(spm pair)" >/dev/null
	for name in one two; do
		is $name ok new replace pair >/dev/null
	done
	[ $((round % 5)) != 0 ] || expect_status 0 suture status --verify
	suture revert replace pair >/dev/null
	for name in one two; do
		is $name ok old replace pair >/dev/null
	done
done
touch stop
wait $toggler
ok "$((round - 1)) rounds, $(stat -c %s toggled) probes that came and went"
ask one counts
expect_eq "$(part bad)" 0 "wrong results"
for name in one two; do
	text "${pid[$name]}" libfuncs.so 0
	stop $name
done
