#!/bin/bash
# meaning: the four hooks run once each, in order, around the writing, in every process
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/hooks/hooked"
start two "$T/hooks/hooked"
is two ok asleep 3
is two ok spin 2
apply hooked
for name in one two; do
	expect_eq "$(proc hooked "${pid[$name]}" state)" patched "state of $name"
	is $name 101 call
	is $name "1:2 2:101" log
done
revert hooked
for name in one two; do
	is $name 2 call
	is $name "3:101 4:2" log
	ask $name signals
	expect_eq "$(part wrong)" 0 "wrong masks and answers in $name"
	stop $name
done
