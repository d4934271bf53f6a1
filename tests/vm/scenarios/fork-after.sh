#!/bin/bash
# meaning: children of fork, vfork and posix_spawn of a patched process are patched, and of a reverted one are not
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start forker "$T/threads/forker"
is forker old one fork
apply replace
for way in fork vfork spawn; do
	is forker new one $way
done
# a child that lives over the revert is reverted by itself
ask forker keep
child=$answer
text "$child" libfuncs.so 1
expect_eq "$(proc replace "$child" state)" patched "state of the child"
revert replace
text "$child" libfuncs.so 0
expect_eq "$(count_maps "$child" .spm)" 0 "mappings of the patch in the child"
is forker old kept
for way in fork vfork spawn; do
	is forker old one $way
done
stop forker
