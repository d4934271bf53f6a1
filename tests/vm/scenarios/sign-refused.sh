#!/bin/bash
# meaning: unsigned, a stranger's, expired, not yet valid, on 9p, FUSE or overlayfs: refused, each in its own words
# limit: 240
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/sign.sh

start one "$T/funcs/funcs"
for name in good stranger expired early; do
	signed $name
done
cp "$(spm replace)" none.spm
trust require_signature=1 good expired early

refused none.spm "is not signed, and this machine takes signed patches only"
refused stranger.spm "is signed by somebody whom this machine does not trust"
refused expired.spm 'is signed by "Suture test, expired", whose certificate has expired \(2020-02-01\)'
refused early.spm 'is signed by "Suture test, early", whose certificate is not valid yet \(from 2098-01-01\)'
# user space, asked before, says the same
expect_status 1 suture verify --cert trusted none.spm stranger.spm expired.spm early.spm
expect_match "$output" "none.spm is not signed" "verify of an unsigned one"
expect_match "$output" "stranger.spm is signed by somebody who is not trusted" "verify of a stranger's"
expect_match "$output" "expired.spm is signed, but the certificate has expired" "verify of an expired one"
expect_match "$output" "early.spm is signed, but the certificate is not valid yet" "verify of an early one"

# where others can change the file
refused "$(spm replace)" "lies on another machine, which can change it"
if modprobe overlay; then
	mkdir lower copies
	cp good.spm lower/
	mount -t overlay -o "lowerdir=$PWD/lower" -o ro none copies 2>/dev/null ||
		{ mkdir lower2 && mount -t overlay -o "lowerdir=$PWD/lower:$PWD/lower2" none copies; }
	refused copies/good.spm "lies on a stacked filesystem"
	umount copies
fi

if modprobe fuse; then
	mkdir -p copies
	start_bg server "$SIGN/fusefile" good.spm copies
	wait_for 10 cmp good.spm copies/good.spm
	refused copies/good.spm "lies on a filesystem that a program serves: it can change it"
	umount copies
	wait_bg server
fi

# while it is loaded, nobody writes it
suture apply good.spm
is one ok new replace
! { : >>good.spm; } 2>/dev/null || die "a loaded patch can be opened for writing"
! { : >good.spm; } 2>/dev/null || die "a loaded patch can be truncated"
! truncate -s 100 good.spm 2>/dev/null || die "a loaded patch can be cut"
# the name may be another's meanwhile: the patch is what it was
cp "$(spm replace)" new.spm
mv -f new.spm good.spm
sync
echo 3 >/proc/sys/vm/drop_caches
is one ok new replace
revert replace
is one ok old replace
refused good.spm "is not signed"

# a clock that was never set: no word about a beginning, and an end is an end
now=$(date +%s)
date -s @1000000 >/dev/null
signed good
suture apply early.spm
early=$?
output=$(suture apply expired.spm 2>&1) || true
date -s "@$now" >/dev/null
expect_eq $early 0 "an early certificate without a clock"
expect_match "$output" "has expired" "an expired certificate without a clock"
revert replace
stop one
