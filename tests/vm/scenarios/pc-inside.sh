#!/bin/bash
# meaning: bytes are never written under a thread that is in the middle of them
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start entry "$T/entry/entry" idle
is entry ok old loop
is entry ok loop 1
for round in 1 2 3 4 5 6; do
	# immediate: a thread may be inside the function, but not inside these bytes
	apply pc-inside
	is entry ok new loop
	text "${pid[entry]}" libloop.so 1
	revert pc-inside
	is entry ok old loop
	nap 0.05
done
is entry 0 bad
stop entry
