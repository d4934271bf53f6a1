#!/bin/bash
# meaning: a library that is opened again under two patches: the hooks of the lower one run each time, and no mapping is left over
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

library=$T/layers/liblayers.so
start one "$T/layers/layers"
# so that it is the transition's, not dlopen's
is one ok thread
for name in layers-third layers-hooks layers-above; do
	apply "$name" --file "$library"
done
ask one cycle 8 "$library"
[ "$answer" = "8 of 8" ] || for name in layers-third layers-hooks layers-above; do
	suture status "$name"
done
expect_eq "$answer" "8 of 8" "lives with hooks"
is one "501 502 3" values
mapped_text() {
	grep -c "r-xp.*/$1.spm" "/proc/${pid[one]}/maps"
}
for name in layers-third layers-hooks layers-above; do
	# what was left over by the last dlclose goes by and by
	wait_for 10 eval "[ \$(mapped_text $name) -le 1 ]"
	expect_eq "$(mapped_text "$name")" 1 "mapped text of $name"
done
revert layers-above
is one "601 2 3" values
revert layers-hooks
revert layers-third
is one "1 2 3" values
stop one
