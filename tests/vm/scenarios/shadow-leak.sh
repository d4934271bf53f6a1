#!/bin/bash
# meaning: a leak is mended by a shadow variable, among threads and in children of fork; a hook gives back what is left when the patch goes
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# logs N WHAT: how many logs the process has open, above those at the beginning
logs() {
	ask p logs
	expect_eq "$(($(part logs) - base))" "$1" "$2: open logs"
}

start p "$T/shadow/sessions"
ask p logs
base=$(part logs)
is p "ok 5" open 5
is p "uses 0 0 0 0 0" close 5
logs 5 "the bug: five sessions were closed"
is p "ok 3" open 3
logs 8 "and three more are open"

apply shadow-fix1
is p "uses 0 0 0" close 3
logs 8 "patched: sessions of before have lost their logs for good"
is p "ok 10" open 10
logs 18 "patched: ten sessions"
is p "uses 0 0 0 0" close 4
logs 14 "patched: four were closed, with their logs"

# Threads, and children that have their own copies.
is p "ok 8" spin 8
for _ in 1 2 3 4 5; do
	ask p child
	expect_le "$(part logs)" $((base + 8 + 8 * 4)) "a child has closed all six"
done
ask p rest
expect_eq "$(part bad)" 0 "wrong answers to threads"
[ "$(part rounds)" -gt 100 ] || die "the threads did next to nothing: $answer"
logs 14 "after $(part rounds) rounds of eight threads"
ask p child
expect_eq "$(part logs)" $((base + 8)) "logs in a child that has closed all six"
logs 14 "its parent's are its own"

# The sessions live on; nobody would close their logs any more.
revert shadow-fix1
logs 8 "reverted: the hook has closed the logs of six sessions"
is p "ok 6" use 1
is p "uses 0 0 0 0 0 0" close 6
logs 8 "reverted: they are closed in the old way"
is p "ok 2" open 2
is p "uses 0 0" close 2
logs 10 "reverted: the bug is back"
stop p
