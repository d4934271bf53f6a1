#!/bin/bash
# meaning: a patch goes to the very edge of what a branch reaches; a process without room in reach is refused, and patched when there is some
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# distance NAME: MiB between the function and the patch's text
distance() {
	local at reach text
	ask "$1" at
	read -r at reach <<<"$answer"
	text=$(awk '/ r-xp .*\/reach.spm/ { split($1, range, "-"); print range[1]; exit }' "/proc/${pid[$1]}/maps")
	at=$((0x$text - 0x$at))
	echo "$((${at#-} >> 20)) of $((0x$reach >> 20))"
}

for side in low high; do
	start $side "$T/reach/reach"
	is $side ok fence $side
done
start near "$T/reach/reach"
start none "$T/reach/reach"
is none ok fence none
start beyond "$T/reach/reach"
is beyond ok fence beyond
expect_status 5 suture apply "$(spm reach)"
for side in low high; do
	expect_eq "$(proc reach "${pid[$side]}" state)" patched "state with room at the $side edge"
	is $side 1002 value
	text "${pid[$side]}" /reach 1
	read -r got _ reach <<<"$(distance $side)"
	[ "$got" -ge $((reach - 2)) ] && [ "$got" -lt "$reach" ] || die "$side: $got MiB away, of $reach"
	ok "$side: $got MiB away, of $reach"
done
is near 1002 value
for name in none beyond; do
	expect_eq "$(proc reach "${pid[$name]}" state)" refused "state without room ($name)"
	expect_match "$(suture status reach)" "${pid[$name]}.*refused: no free address space in reach" "the reason"
	is $name 2 value
	text "${pid[$name]}" /reach 0
	expect_eq "$(count_maps "${pid[$name]}" .spm)" 0 "mappings of the patch"
	is $name ok open
done
expect_status 0 suture apply "$(spm reach)"
for name in none beyond; do
	expect_eq "$(proc reach "${pid[$name]}" state)" patched "state with room ($name)"
	is $name 1002 value
done
revert reach
for name in low high near none beyond; do
	is $name 2 value
	text "${pid[$name]}" /reach 0
	stop $name
done
