#!/bin/bash
# meaning: hooks again and again in processes of threads that allocate, spin and sleep, with signals all the time
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

for name in a b; do
	start $name "$T/hooks/hooked"
	is $name ok malloc 3
	is $name ok spin 1
	is $name ok asleep 5
done
(while kill -USR1 "${pid[a]}" && kill -USR2 "${pid[b]}"; do nap 0.03; done) 2>/dev/null &
storm=$!
before=$(private_kib "${pid[a]}")
for ((round = 0; round < 8; round++)); do
	suture apply "$(spm hooked)" >/dev/null
	suture revert hooked >/dev/null
	echo "round $round"
done
kill $storm
for name in a b; do
	is $name 2 call
	ask $name signals
	expect_eq "$(part wrong)" 0 "wrong masks and answers of $name, of $(part usr1) + $(part usr2) signals"
	[ $(($(part usr1) + $(part usr2))) -gt 20 ] || die "too few signals: $answer"
	ask $name log
	expect_match "$answer" "^(1:2 2:101 3:101 4:2 ?)+$" "order of its hooks"
done
echo "private memory of a: $before KiB before, $(private_kib "${pid[a]}") KiB now"
# a door is nothing that the kernel could read from
is a ok deed 1 9 0
apply hooked
is a 101 call
revert hooked
stop a
stop b
