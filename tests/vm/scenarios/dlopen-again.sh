#!/bin/bash
# meaning: a process that loads and unloads the library for ever is patched each time and collects nothing
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start dl "$T/funcs/funcs-dl"
is dl "5 1" open "$LIB"
is dl ok close
before=$(maps "${pid[dl]}")
apply replace --file "$LIB"
for round in {1..40}; do
	ask dl open "$LIB"
	[ "$answer" = "1005 1001" ] || die "round $round: $answer"
	ask dl close
done
ok "40 rounds, the new code in each"
is dl "1005 1001" open "$LIB"
expect_eq "$(count_maps "${pid[dl]}" /replace.spm)" 2 "mappings of the patch: text and data"
is dl ok close
revert replace
expect_eq "$(count_maps "${pid[dl]}" .spm)" 0 "mappings of the patch after the revert"
expect_eq "$(maps "${pid[dl]}")" "$before" "mappings"
