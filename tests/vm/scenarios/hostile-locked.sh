#!/bin/bash
# meaning: a user keeps his own mappings locked: he is named, and keeps nobody else from being patched, reverted or forked
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# newborn: how many milliseconds a new process took
newborn() {
	local before
	before=$(now_ms)
	bash -c ':'
	echo $(($(now_ms) - before))
}
# One that is in nobody's way. Whom he kept waiting would wait until he lets go.
usual=0
for _ in 1 2 3 4 5; do
	took=$(newborn)
	[ "$took" -le "$usual" ] || usual=$took
done

modprobe fuse 2>/dev/null || [ -e /dev/fuse ] || skip "no FUSE"
chmod 666 /dev/fuse
chmod 755 .
mkdir one two
chown 1000 one two
start good "$T/funcs/funcs"
start other "$T/layers/layers"
is other ok open "$T/layers/liblayers.so"

# nothing is watched of what he maps ...
start bad "$T/layers/locked" one "$LIB"
is bad ok hold
expect_status 1 suture apply "$(spm replace)"
expect_match "$output" "process ${pid[bad]} .locked. keeps its mappings locked" "he is named"
expect_le "$(newborn)" $((1000 + 3 * usual)) "milliseconds for a new process"
is good ok old replace
# ... and what he does not map is no business of his
apply layers-above
is other "501 502 3" values
revert layers-above
is bad ok let-go
apply replace
is good ok new replace
stop bad

# what is in his process waits, all others go on
start bad "$T/layers/locked" two "$LIB"
expect_eq "$(proc replace "${pid[bad]}" state)" patched "his state"
is bad ok hold
expect_status 4 suture revert --timeout 1 replace
# named, when it has been tried behind a thread that was inside
wait_for 10 eval "[[ \$(suture status replace) =~ locked\ +(waiting|draining):\ a\ lock\ or\ a\ page\ of\ the\ process\ was\ not\ free ]]"
is good ok old replace
expect_le "$(newborn)" $((1000 + 3 * usual)) "milliseconds for a new process"
apply layers-above
is other "501 502 3" values
revert layers-above
is bad ok let-go
wait_for 10 eval "! loaded replace"
stop bad
stop good
stop other
