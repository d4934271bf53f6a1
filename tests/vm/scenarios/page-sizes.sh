#!/bin/bash
# meaning: libraries whose segments are aligned for pages of 4, 16 and 64 KiB are patched: running, started later, and opened again and again
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/pages/pages"
is one ok open
is one "1 1 1" value
apply pages
is one "1001 1001 1001" value
for size in 4 16 64; do
	text "${pid[one]}" libpages$size.so 1
done
start later "$T/pages/pages"
is later ok open
is later "1001 1001 1001" value
is later ok close
is later "25 25 25" reopen 25
revert pages
is one "1 1 1" value
for size in 4 16 64; do
	text "${pid[one]}" libpages$size.so 0
done
is later "0 0 0" reopen 3
for name in one later; do
	expect_eq "$(count_maps "${pid[$name]}" .spm)" 0 "mappings of the patch in $name"
done
is one ok close
stop one
stop later
