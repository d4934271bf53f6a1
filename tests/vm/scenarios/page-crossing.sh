#!/bin/bash
# meaning: a function whose first five bytes lie on two pages is replaced under threads that call it
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start entry "$T/entry/entry"
ask entry at page
expect_match "$answer" "ff[c-f]$" "the entry, at $answer, crosses a page"
is entry ok old page
apply page-crossing
is entry ok new page
text "${pid[entry]}" libpage.so 1
nap 0.2
revert page-crossing
is entry ok old page
text "${pid[entry]}" libpage.so 0
for round in 1 2; do
	apply page-crossing
	is entry ok new page
	revert page-crossing
	is entry ok old page
done
is entry 0 bad
stop entry
