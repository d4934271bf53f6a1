#!/bin/bash
# meaning: a process that others look at all the time is completed by the last library as well, before the first call
# limit: 180
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/multi/multi"
is one ok open a b c
apply multi-both --file "$T/multi/libma.so" --file "$T/multi/libmb.so" --file "$T/multi/libmc.so"
while :; do
	read -r -d '' _ <"/proc/${pid[one]}/maps" || true
done &
reader=$!
for _ in 1 2; do
	is one 103/203 again a b 25
	is one 103/203 again b a 25
done
kill $reader
revert multi-both
is one "1 2 12" values
stop one
