#!/bin/bash
# meaning: applies and reverts under threads, forks, execs and dlopens: no call is lost, none wrong, memory stays flat (make soak: 10,000)
# limit: 240
ROUNDS=24 CHUNKS=2 exec /suture/tests/vm/guest/soak
