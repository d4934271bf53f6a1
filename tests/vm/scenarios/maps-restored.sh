#!/bin/bash
# meaning: a reverted process has the mappings, the text and the private memory that it had before
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/funcs/funcs"
start two "$T/funcs/funcs"
# what it uses for the first time it has used
is one ok old replace static-data imports pair
# private pages of the library's text and of patches, in KiB: file, anonymous and dirty
private() {
	awk '/^[0-9a-f]+-/ { ours = ($0 ~ / r-xp .*libfuncs.so/) || ($0 ~ /\.spm/) }
		ours && /^(Anonymous|Private_Dirty):/ { n += $2 } END { print n + 0 }' "/proc/$1/smaps"
}
maps_before=$(maps "${pid[one]}")
text "${pid[one]}" libfuncs.so 0
expect_eq "$(private "${pid[one]}")" 0 "private KiB of text before"
for round in 1 2 3; do
	apply replace
	apply pair
	apply static-data
	is one ok new replace static-data pair
	text "${pid[one]}" libfuncs.so 4
	[ "$(maps "${pid[one]}")" != "$maps_before" ] || die "the mappings are the same while patched"
	revert static-data
	revert replace
	revert pair
	is one ok old replace static-data pair
	text "${pid[one]}" libfuncs.so 0
	expect_eq "$(maps "${pid[one]}")" "$maps_before" "mappings after round $round"
	expect_eq "$(private "${pid[one]}")" 0 "private KiB of text after round $round"
done
stop one
