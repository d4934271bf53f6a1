#!/bin/bash
# meaning: a static-pie program and a static one at a fixed address, which are their own targets, are patched and reverted
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

for kind in static-pie static-fixed; do
	start one "$T/machine/$kind"
	is one ok old
	apply $kind
	is one ok new
	start two "$T/machine/$kind"
	is two ok new
	text "${pid[one]}" $kind 1
	expect_eq "$(total $kind patched)" 2 "processes patched"
	revert $kind
	is one ok old
	is two ok old
	text "${pid[two]}" $kind 0
	start three "$T/machine/$kind"
	is three ok old
	for name in one two three; do
		stop $name
	done
done
