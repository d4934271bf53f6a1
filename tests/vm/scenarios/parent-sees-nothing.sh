#!/bin/bash
# meaning: a parent sees no stop, no continue and no SIGCHLD when its child is patched, and the child no tracer
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start parent "$T/threads/parent"
ask parent child
child=$answer
# watch the whole time
( while kill -0 "$child"; do
	awk '/^TracerPid:/ && $2 != 0 { exit 1 }' "/proc/$child/status" || echo "traced" >>tracer
	echo . >>looks
done ) 2>/dev/null &
for round in 1 2 3 4 5; do
	apply replace
	is parent new saw
	apply pair
	revert replace
	revert pair
	is parent old saw
done
is parent "chld 0 stopped 0 continued 0 ended 0" seen
[ ! -e tracer ] || die "the child had a tracer $(wc -l <tracer) times"
ok "no tracer in $(wc -l <looks) looks"
# the parent does notice what there is to notice
kill -STOP "$child"
wait_for 5 eval '[ "$(of_status "$child" State)" = T ]'
sees() {
	ask parent seen
	[ "$(part chld)" -ge 1 ]
}
wait_for 5 sees
kill -CONT "$child"
