#!/bin/bash
# meaning: pages of a signed patch that its owner can write although the file is closed are not what is mapped
# limit: 150
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/sign.sh

nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

chmod 755 .
start one "$T/funcs/funcs"
signed good
cp good.spm wanted
trust require_signature=1 good

# In memory, of a user: he has its page, and nothing shows it.
chown 65534 good.spm
start holder nobody "$SIGN/hold" good.spm
refused good.spm "lies in memory that others than root may still have a hold of"
is holder written write
! cmp -s good.spm wanted || die "the page was not written: nothing is tested"
wait "${pid[holder]}"
# of root, but in a group's hands
cp wanted good.spm
chown 0 good.spm
chmod 664 good.spm
refused good.spm "lies in memory that others than root may still have a hold of"
chmod 644 good.spm
taken good.spm

# On a disk it is read anew: it may be a user's.
if modprobe brd rd_nr=1 rd_size=8192 && modprobe ext4 && mke2fs /dev/ram0 >/dev/null; then
	mkdir -p copies
	mount -t ext4 /dev/ram0 copies
	cp wanted copies/good.spm
	chown 65534 copies/good.spm
	taken copies/good.spm
	umount copies
else
	echo "no disk to try"
fi

# An image is a file of somebody.
if modprobe loop && modprobe ext4; then
	truncate -s 8M image
	mke2fs -F image >/dev/null
	mkdir -p copies
	mount -t ext4 -o loop image copies
	cp wanted copies/good.spm
	sync
	refused copies/good.spm "lies in an image on a loop device"
	umount copies
fi
is one ok old replace
stop one
