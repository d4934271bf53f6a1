#!/bin/bash
# meaning: a scenario that exceeds its limit, with a child that ignores signals
# limit: 2
(trap '' TERM INT HUP; exec -a suture-selftest-stray sleep 1000) &
sleep 1000
