#!/bin/bash
# meaning: C++ exceptions pass through callers of a replaced function and through the old function; through a new function they end the process
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start thrower "$T/machine/thrower"
for way in old caller callee through; do
	is thrower ok $way
done
is thrower ok spin 3
is thrower ok enter
for round in 1 2 3; do
	apply exceptions
	is thrower ok new
	is thrower ok caller
	is thrower ok callee
	# SIGABRT of std::terminate, as docs/limits.md says
	is thrower "signal 6" through
	# the old code, in which a thread was, has its unwind table
	[ $round != 2 ] || is thrower ok leave
	revert exceptions
	for way in old caller callee through; do
		is thrower ok $way
	done
done
ask thrower wrong
expect_eq "$(part wrong)" 0 "exceptions that did not arrive"
[ "$(part rounds)" -gt 100 ] || die "too few were thrown: $answer"
ok "$(part rounds) exceptions were thrown by three threads meanwhile"
stop thrower
