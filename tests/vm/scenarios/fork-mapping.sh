#!/bin/bash
# meaning: a thread maps the library while another is in fork, for longer or shorter: the child has the patch, too
# limit: 240
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# large, so that it takes a while to map all of it
cp "$LIB" libfuncs.so
truncate -s 16M libfuncs.so
start mapfork "$T/funcs/mapfork"
apply replace --file "$PWD/libfuncs.so"
none=0 patched=0 missed=0
# twelve times, or until there were enough of both
for ((i = 0; i < 12 || (i < 36 && (none < 10 || patched < 10)); i++)); do
	hold=$((i % 3 == 2 ? 80 : 12))
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
