#!/bin/bash
# meaning: a thread maps the library while another is in fork, for longer or shorter: the child has the patch, too
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# large, so that it takes a while to map all of it
cp "$LIB" libfuncs.so
truncate -s 16M libfuncs.so
start mapfork "$T/funcs/mapfork"
apply replace --file "$PWD/libfuncs.so"
none=0 patched=0 missed=0
for hold in 12 12 12 12 12 12 12 12 80 80 80 80; do
	ask mapfork rounds "$PWD/libfuncs.so" 10 $((2500 * SUTURE_FACTOR)) $hold
	ok "a fork takes $hold ms: $answer"
	none=$((none + $(part none)))
	patched=$((patched + $(part patched)))
	missed=$((missed + $(part missed)))
done
expect_eq "$missed" 0 "children without the patch"
[ "$none" -ge 10 ] && [ "$patched" -ge 10 ] || die "not about the moment of the mapping"
stop mapfork
revert replace
