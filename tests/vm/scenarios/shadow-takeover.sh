#!/bin/bash
# meaning: a second patch takes the place of the first and its shadow variables with it, and adds its own
# limit: 180
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

logs() {
	ask p logs
	expect_eq "$(($(part logs) - base))" "$1" "$2: open logs"
}

start p "$T/shadow/sessions"
ask p logs
base=$(part logs)

apply shadow-fix1
is p "ok 6" open 6
is p "ok 6" use 2
is p "uses 0" close 1
logs 5 "first patch: it does not count, and closes logs"

apply shadow-fix2
! loaded shadow-fix1 || die "the first patch is still there"
expect_eq "$(proc shadow-fix2 "${pid[p]}" state)" patched "state"
expect_eq "$(count_maps "${pid[p]}" shadow-fix1.spm)" 0 "mappings of the first patch"
logs 5 "second patch: the logs are still open"
is p "ok 5" use 3
is p "uses 3 3" close 2
logs 3 "second patch: logs that the first one has kept are closed"
is p "ok 5" open 2
is p "ok 5" use 1
is p "uses 4 4 4 1" close 4
logs 1 "second patch: so are its own"
ask p child
expect_eq "$(part logs)" "$base" "logs in a child that has closed all"

# A process that never had the first patch has nothing to take over, and keeps its own.
start late "$T/shadow/sessions"
is late "ok 3" open 3
wait_for 10 state_is shadow-fix2 "${pid[late]}" patched
is late "ok 3" use 2
is late "uses 2 2 2" close 3
ask late logs
expect_eq "$(part logs)" "$base" "logs of a later process"
stop late

# Back to nothing, not to the first patch.
revert shadow-fix2
! loaded shadow-fix1 || die "the first patch is back"
logs 0 "reverted: the hook has closed what was left"
is p "uses 0" close 1

# Without the take-over the same is lost.
apply shadow-fix1
is p "ok 3" open 3
logs 3 "first patch again"
apply shadow-fix2-forgets
! loaded shadow-fix1 || die "the first patch is still there"
is p "uses 0 0 0" close 3
logs 3 "a second patch that forgets to take over leaks them"
revert shadow-fix2-forgets
base=$((base + 3))

# A patch with a state gives way only to one that knows it.
apply shadow-fix1
is p "ok 2" open 2
expect_status 1 suture apply "$(spm shadow-ignorant)"
expect_match "$output" 'state' "the reason"
is p "uses 0 0" close 2
logs 0 "the first patch is still in force"
revert shadow-fix1

# A cumulative patch takes over what several have kept, each in a store of its own.
apply shadow-fix1
apply shadow-count
is p "ok 3" open 3
is p "ok 3" use 2
apply shadow-fix3
for name in shadow-fix1 shadow-count; do
	! loaded $name || die "$name is still there"
done
is p "ok 3" use 1
is p "uses 3 3 3" close 3
logs 0 "the logs of the one, the counters of the other"
revert shadow-fix3

# Threads all the time: not one log is lost on the way from one patch to the other.
for round in 1 2 3 4 5; do
	apply shadow-fix1
	is p "ok 6" spin 6 5000
	apply shadow-fix2
	ask p rest
	expect_eq "$(part bad)" 0 "wrong answers to threads"
	logs 0 "round $round, after $(part rounds) rounds of the threads"
	revert shadow-fix2
done
stop p
