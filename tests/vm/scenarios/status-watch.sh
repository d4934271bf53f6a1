#!/bin/bash
# meaning: suture status --watch shows again and again how it is now, and ends well when it is interrupted
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/funcs/funcs"
suture status --watch=0.2 >watched 2>errors &
watcher=$!
wait_for 10 has_line watched "no patch is loaded"
apply replace
wait_for 10 has_line watched "replace 1.0: applied"
revert replace
count=$(count_lines "no patch is loaded" watched)
wait_for 10 eval '[ "$(count_lines "no patch is loaded" watched)" -gt "$count" ]'
kill -INT $watcher 2>/dev/null
# the first one may have been enough
kill -TERM $watcher 2>/dev/null || true
status=0
wait $watcher || status=$?
expect_eq $status 0 "exit status"
expect_eq "$(cat errors)" "" "what it says on stderr"
expect_match "$(head -n 1 watched)" '^[0-9-]{10} [0-9:]{8}$' "the time"
expect_no_match "$(cat watched)" $'\033' "no escapes where there is no terminal"
expect_status 2 suture status --watch --json
expect_status 2 suture status --watch=never
expect_status 2 suture status --watch=0
stop one
