#!/bin/bash
# meaning: a process that others look at all the time is completed by the last library as well, before the first call
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/multi/multi"
is one ok open a b c
apply multi-both --file "$T/multi/libma.so" --file "$T/multi/libmb.so" --file "$T/multi/libmc.so"
while :; do
	read -r -d '' _ <"/proc/${pid[one]}/maps" || true
done &
reader=$!
is one 103/203 again a b 50
is one 103/203 again b a 50
kill $reader
revert multi-both
is one "1 2 12" values
stop one
