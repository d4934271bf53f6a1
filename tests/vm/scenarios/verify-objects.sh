#!/bin/bash
# meaning: suture status --verify of a patch for two libraries, where both are mapped, one, or one after the other
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# verified PROCESSES WHAT: nothing differs
verified() {
	expect_status 0 suture status --verify
	expect_match "$output" "verified: $1 process(es)?, .* all as it should be" "$2"
}

start both "$T/multi/multi"
start first "$T/multi/multi"
is both ok open a b
is first ok open a
apply multi-any --file "$T/multi/libma.so" --file "$T/multi/libmb.so"
verified 2 "both objects, and one of them"
is first ok open b
is both ok close a
verified 2 "one came, one went"
revert multi-any
stop both
stop first
