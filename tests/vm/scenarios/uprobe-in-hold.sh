#!/bin/bash
# meaning: a uprobe comes while the process is held and its hook runs, on the page that is to be written: no branch is lost
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

tracing=/sys/kernel/tracing
[ -e $tracing/uprobe_events ] || skip "this kernel has no uprobe events"
start p "$T/hooks/hooked"
trap 'echo 0 >$tracing/events/inhold/enable; echo >$tracing/uprobe_events; echo 1 >$tracing/options/record-cmd' EXIT
# as in uprobe-storm
echo 0 >$tracing/options/record-cmd
# the function behind it, in the same page
echo "p:inhold/end $T/hooks/libhooked.so:$(printf 0x%x $(($(old_address hooked hooked) + 16)))" \
	>$tracing/uprobe_events
is p ok deed 1 11 500	# pre_patch sleeps so many milliseconds, the next time not
suture apply --no-unwind "$(spm hooked)" >applied 2>&1 &
round=0
while kill -0 $! 2>/dev/null; do
	echo $(((round += 1) & 1)) >$tracing/events/inhold/end/enable
	nap 0.05
done
echo "toggled $round times"
wait $! || die "$(cat applied)"
# else its breakpoint is in the text that is looked at below
echo 0 >$tracing/events/inhold/end/enable
expect_eq "$(proc hooked "${pid[p]}" state)" patched "its state"
is p 101 call
ask p log
expect_match "$answer" "^1:2( 1:2)* 2:101$" "hooks: $answer"
revert hooked
is p 2 call
text "${pid[p]}" libhooked.so 0
stop p
