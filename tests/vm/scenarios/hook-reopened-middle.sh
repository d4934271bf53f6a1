#!/bin/bash
# meaning: a library that is opened again under three patches of the same function: the hooks of the middle one run each time, and no mapping is left over
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

library=$T/layers/liblayers.so
mapped_text() {
	grep -c "r-xp.*/$1.spm" "/proc/${pid[one]}/maps"
}
for order in "layers-second layers-both layers-above" "layers-both layers-second layers-above"; do
	read -r -a names <<<"$order"
	start one "$T/layers/layers"
	is one ok thread
	for name in "${names[@]}"; do
		apply "$name" --file "$library"
	done
	ask one cycle 8 "$library"
	[ "$answer" = "8 of 8" ] || for name in "${names[@]}"; do
		suture status "$name"
	done
	expect_eq "$answer" "8 of 8" "lives with hooks"
	is one "501 502 3" values
	for name in "${names[@]}"; do
		# what was left over by the last dlclose goes by and by
		wait_for 10 eval "[ \$(mapped_text $name) -le 1 ]"
		expect_eq "$(mapped_text "$name")" 1 "mapped text of $name"
	done
	revert layers-above
	[ "${names[0]}" = layers-both ] && is one "601 702 3" values || is one "601 602 3" values
	revert "${names[1]}"
	[ "${names[0]}" = layers-both ] && is one "601 602 3" values || is one "1 702 3" values
	revert "${names[0]}"
	is one "1 2 3" values
	stop one
done
