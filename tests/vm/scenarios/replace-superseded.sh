#!/bin/bash
# meaning: a patch that was superseded or reverted, and is kept in one process only, comes back nowhere
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

library=$T/layers/liblayers.so
references=$(</sys/module/suture/refcnt)

# begin: layers-new takes the place of layers-old everywhere but in one process, where somebody
# else's byte keeps it
begin() {
	local name
	for name in kept free; do
		start "$name" "$T/layers/layers"
		is "$name" ok open "$library"
	done
	apply layers-old
	is kept ok spoil
	expect_status 5 suture apply "$(spm layers-new)"
	is free "201 2 3" values
	loaded layers-old
}

# end: that process ends, and with it the old patch
end() {
	kill -9 "${pid[kept]}"
	wait_for 10 eval "! loaded layers-old"
	rm kept.*
	stop free
}

begin
expect_status 1 suture apply "$(spm layers-late)"
expect_match "$output" "layers-new takes the place of layers-old already; name that one" "why"
is free "201 2 3" values
# one that takes the place of all takes that of the newer one, and of the older by way of it
expect_status 5 suture apply "$(spm layers-all)"
is free "401 2 3" values
wait_for 10 eval "! loaded layers-new"
revert layers-all
# there is nothing to go back to but the old code
is free "1 2 3" values
loaded layers-old
end

begin
suture revert --no-wait layers-old
revert layers-new
is free "1 2 3" values
end

# all that was superseded has let go of who superseded it
wait_for 10 eval "[ \$(</sys/module/suture/refcnt) = $references ]"
unload_module
reload_module
