#!/bin/bash
# meaning: a scenario that is content
# limit: 20
. /suture/tests/vm/lib.sh
start_bg sleeper sleep 100
alive sleeper || die "the sleeper sleeps not"
expect_eq "$(count_threads "${bg[sleeper]}")" 1 "number of threads"
stop_bg sleeper
expect_eq "$status" 143 "the sleeper's status"
start_bg talker sh -c 'sleep 0.3; echo said'
wait_output talker '^said$'
wait_bg talker
expect_eq "$status" 0 "the talker's status"
