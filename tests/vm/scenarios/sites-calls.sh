#!/bin/bash
# meaning: single calls of each kind go elsewhere (call, jump, call of an import, through a word, in a function that was inlined); others stay, and revert gives the bytes back
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

old="20 200 3 14 21 17 11"
new="10020 200 1003 2014 21 11 -9"
start a "$T/sites/sites"
is a "$old" values
apply sites
is a "$new" values
expect_eq "$(proc sites "${pid[a]}" state)" patched "state"
# a new process, and one that was made by fork and exec
start b "$T/sites/sites"
is b "$new" values
revert sites
for name in a b; do
	is $name "$old" values
	text "${pid[$name]}" libsites.so 0
	expect_eq "$(count_maps "${pid[$name]}" .spm)" 0 "mappings of the patch in $name"
done
# and once more
apply sites
is a "$new" values
revert sites
is a "$old" values
text "${pid[a]}" libsites.so 0
stop a
stop b
