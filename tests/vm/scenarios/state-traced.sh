#!/bin/bash
# meaning: a process under a debugger is patched while it runs and while the debugger has it stopped, which sees nothing and goes on stepping
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/funcs/funcs"
start tracer "$T/machine/tracer"
is tracer ok seize "${pid[one]}"
expect_eq "$(of_status "${pid[one]}" TracerPid)" "${pid[tracer]}" tracer
# running under it
apply replace
is one ok new replace
revert replace
is one ok old replace
is tracer 0 stops
# stopped in it, in the middle of a loop of calls
is one "ok 1" spin 1
for patch in replace pair; do
	is tracer ok interrupt
	ask tracer pc
	pc=$answer
	apply $patch
	expect_eq "$(proc $patch "${pid[one]}" state)" patched "state"
	text "${pid[one]}" libfuncs.so "$([ $patch = pair ] && echo 2 || echo 1)"
	expect_eq "$(of_status "${pid[one]}" State)" t "state of the process"
	is tracer 0 stops
	is tracer "$pc" pc
	# the main thread is asleep in read: the first step begins when there is something to read
	tell one new $patch
	is tracer "200 0" step 200
	is tracer ok cont
	hear one
	expect_eq "$answer" ok "new $patch, by single steps"
	is tracer ok interrupt
	revert $patch
	is tracer 0 stops
	is tracer ok cont
	is one ok old $patch
done
ask one counts
nap 0.3
ask one counts
expect_eq "$(part new) $(part bad)" "0 0" "new and bad calls after the revert"
is tracer ok interrupt
is tracer ok detach
is one ok old replace pair
