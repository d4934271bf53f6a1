#!/bin/bash
# meaning: a second opinion about a thread whose stack lies in a file that never comes to be read ends in time: nothing is known of it
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

user=65534
modprobe fuse 2>/dev/null || [ -e /dev/fuse ] || skip "no FUSE"
chmod 755 .
mkdir served
truncate -s 256K file
# Whoever waits for the file is let go when its server ends.
trap 'kill "${bg[server]}"; umount -l served' EXIT
start_bg server "$T/sign/fusefile" file served $user
wait_for 10 has_line /proc/mounts " $PWD/served fuse"
start_bg bad setpriv --reuid=$user --regid=$user --clear-groups "$T/unwind/unread" "$PWD/served/file"
wait_output bad '^unread$'
start good "$T/funcs/funcs"

expect_status 4 timeout -s KILL $((20 * ${SUTURE_FACTOR:-1})) suture apply --timeout 2 "$(spm hold)"
is good ok new hold
expect_eq "$(proc hold "${bg[bad]}" state)" waiting "state of the process with that thread"
expect_match "$(timeout -s KILL $((20 * ${SUTURE_FACTOR:-1})) suture settle hold 2>&1 || true)" . "what suture settle says"
stop_bg bad KILL
revert hold
is good ok old hold
stop good
