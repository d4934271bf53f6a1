#!/bin/bash
# meaning: the module unloads and loads again, also right after a busy load, and does not unload while a patch is loaded
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start spin "$T/funcs/funcs"
start forker "$T/threads/forker"
start sleepers "$T/threads/sleepers"
is spin "ok 1" spin 1
is forker ok start fork 1
is sleepers "ok 16" start 500
for round in 1 2; do
	apply replace
	apply pair
	! rmmod suture 2>/dev/null || die "the module unloads while a patch is loaded"
	module_loaded || die "the module is gone"
	is sleepers ok new replace pair
	suture revert --all
	# work is still queued on the threads that sleep
	unload_module
	is sleepers ok old replace pair
	text "${pid[sleepers]}" libfuncs.so 0
	ask spin counts
	goes_on() {
		nap 0.1
		ask spin counts
		expect_eq "$(part new)" 0 "new results without the module" >&2
		[ "$(part old)" -gt 0 ]
	}
	wait_for 10 goes_on
	insmod "$SUTURE_KO"
done
for i in 1 2 3; do
	reload_module
done
nap 0.6
undisturbed sleepers
ok "no call of the sleepers was disturbed: $(part rounds) rounds"
ask forker report
expect_eq "$(part bad)" 0 "children that saw something else"
is forker ok stop
apply replace
is sleepers ok new replace
revert replace
