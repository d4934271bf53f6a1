#!/bin/bash
# meaning: a thread that is inside a replaced call comes back from the old callee, and on revert from the new one
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start a "$T/sites/sites"
is a ok enter
apply sites-function
is a ok leave
# now inside the new one
is a ok enter
suture revert --no-wait sites-function
for _ in 1 2; do
	wait_for 5 eval '[[ "$(proc sites-function "${pid[a]}" state)" =~ ^(waiting|draining)$ ]]'
	nap 0.3
done
ok "it waits while a thread is inside the patch"
is a ok leave
wait_for 10 eval "! loaded sites-function"
is a "20 200 3 14 21 17 11" values
text "${pid[a]}" libsites.so 0
expect_eq "$(count_maps "${pid[a]}" .spm)" 0 "mappings of the patch"
stop a
