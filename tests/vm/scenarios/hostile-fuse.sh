#!/bin/bash
# meaning: a process that lies about where its library is, with a file of its own that never comes to be read, holds nobody up
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

user=65534

# in_time COMMAND...: it succeeds, and soon
in_time() {
	expect_status 0 timeout $((20 * ${SUTURE_FACTOR:-1})) "$@"
}

modprobe fuse 2>/dev/null || [ -e /dev/fuse ] || skip "no FUSE"
chmod 755 .
mkdir lies
truncate -s 256K file
# Whoever waits for the file is let go when its server ends.
trap 'kill "${bg[server]}"; umount -l lies' EXIT
start_bg server "$T/sign/fusefile" file lies $user
wait_for 10 has_line /proc/mounts " $PWD/lies fuse"

start held setpriv --reuid=$user --regid=$user --clear-groups "$T/threads/holder"
start good "$T/funcs/funcs"
start other "$T/layers/layers"
is other ok open "$T/layers/liblayers.so"

# ahead is first: it needs a file that nobody has read.
for how in ahead read exec own own-exec; do
	is held ok enter hold
	expect_status 4 timeout $((20 * ${SUTURE_FACTOR:-1})) suture apply --timeout 0.3 "$(spm hold)"
	wait_for 5 state_is hold "${pid[held]}" waiting
	is held ok lie $how lies/file
	in_time suture apply "$(spm layers-above)"
	is other "501 502 3" values
	in_time suture status --verify
	in_time suture revert layers-above
	in_time suture revert hold
	expect_eq "$(count_maps "${pid[held]}" .spm)" 0 "mappings of the patch that is gone"
	is held "6 0" leave
	is held ok old hold
	ok "$how"
done
# The lies are still mapped.
reload_module
in_time suture apply "$(spm hold)"
is good ok new hold
is held ok new hold
in_time suture revert hold
is good ok old hold
is held ok old hold
stop held
stop good
stop other
