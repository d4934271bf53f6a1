#!/bin/bash
# meaning: one patch changes two libraries together and uses a third; a process with one of them is patched when it opens the last; closing and opening again leaves nothing stale
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start all "$T/multi/multi"
start some "$T/multi/multi"
start later "$T/multi/multi"
is all ok open a b c
is some ok open a c
is all "1 2 12" values
apply multi-both --file "$T/multi/libma.so" --file "$T/multi/libmb.so" --file "$T/multi/libmc.so"
is all "103 203 213" values
expect_eq "$(proc multi-both "${pid[all]}" state)" patched "state with all"
is some "1 - -" values
expect_eq "$(proc multi-both "${pid[some]}" state)" "not applicable" "state without the second"
expect_eq "$(proc multi-both "${pid[some]}" reason)" incomplete "reason"
# the last one completes it, at once
is some ok open b
is some "103 203 213" values
expect_eq "$(proc multi-both "${pid[some]}" state)" patched "state with the last one"
# in another order, after the patch
for last in a b c; do
	order=$(echo "a b c" | tr -d "$last")
	# shellcheck disable=SC2086
	is later ok open $order $last
	is later "103 203 213" values
	is later ok close a b c
done
ok "whichever comes last"
# a library that goes and comes again
for round in 1 2 3; do
	is all ok close b
	is all ok open b
	is all "103 203 213" values
	is all ok close a
	is all ok open a
	is all "103 203 213" values
	is all ok close a b
	is all ok open b a
	is all "103 203 213" values
	ok "round $round"
done
revert multi-both
for name in all some; do
	is $name "1 2 12" values
	text "${pid[$name]}" libma.so 0
	text "${pid[$name]}" libmb.so 0
	expect_eq "$(count_maps "${pid[$name]}" .spm)" 0 "mappings of the patch in $name"
done
for name in all some later; do
	stop $name
done
