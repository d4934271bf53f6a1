#!/bin/bash
# meaning: setuid programs, to root and to another user, are patched while they run and from their start
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

chmod 755 /tmp /tmp/work
for owner in 0 65534; do
	cp "$T/machine/guarded" setuid-$owner
	chown $owner setuid-$owner
	chmod 4755 setuid-$owner
done
start root setpriv --reuid 1000 --regid 1000 --clear-groups ./setuid-0
start other setpriv --reuid 1000 --regid 1000 --clear-groups ./setuid-65534
uids() {
	awk '/^Uid:/ { print $2, $3 }' "/proc/${pid[$1]}/status"
}
expect_eq "$(uids root), $(uids other)" "1000 0, 1000 65534" "real and effective users"
apply replace
start later setpriv --reuid 1000 --regid 1000 --clear-groups ./setuid-65534
expect_eq "$(uids later)" "1000 65534" "users of one that starts now"
for name in root other later; do
	expect_eq "$(proc replace "${pid[$name]}" state)" patched "state of $name"
	is $name ok new replace
done
revert replace
for name in root other later; do
	is $name ok old replace
	text "${pid[$name]}" libfuncs.so 0
done
