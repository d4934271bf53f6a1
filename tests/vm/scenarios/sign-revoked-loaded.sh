#!/bin/bash
# meaning: a list revokes patches that are loaded by the digest of their file, which is asked for only then; one that cannot be read counts as revoked
# limit: 150
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/sign.sh

# revoked FILE NAMES: these go when that list comes
revoked() {
	suture revoke --json "$1" >said || die "suture revoke $1: $(cat said)"
	expect_eq "$(jq -r '[.patches[].name] | join(" ")' said)" "$2" "what goes with $1"
}

digest_of() {
	local sum
	sum=$(sha256sum "$1")
	echo "sha256:${sum%% *}"
}

start one "$T/funcs/funcs"
start other "$T/layers/layers"
is other ok open "$T/layers/liblayers.so"
signed good
image=$(suture verify --cert "$SIGN/keys/good.der" good.spm | grep -o 'sha256:.*')

# signed: by what was signed, and by all of the file; another patch stays
trust "" good
apply layers-above
for digest in "$image" "$(digest_of good.spm)"; do
	suture apply good.spm
	is one ok new replace
	revocations good list $((serial = ${serial:-0} + 1)) "$digest" "hold 7"
	revoked list replace
	is one ok old replace
	expect_eq "$(patches_listed)" 1 "patches loaded"
	expect_status 1 suture apply good.spm
	expect_match "$output" "replace 1.0: has been revoked" "the refusal"
	# the next list names none
	revocations good list $((serial += 1)) "$(digest_of "$SUTURE_KO")"
	revoked list ""
done
# loaded when there is a list with digests: they are there when the next one comes
suture apply good.spm
revocations good list $((serial += 1)) "$(digest_of "$SUTURE_KO")" "$image"
revoked list replace
is one ok old replace
is other "501 502 3" values
revert layers-above

# the digests of a file that cannot be read any more
if modprobe fuse || [ -e /dev/fuse ]; then
	trust "" good
	mkdir -p copies
	"$SIGN/fusefile" "$(spm replace)" copies &
	server=$!
	wait_for 5 test -e copies/good.spm
	suture apply copies/good.spm
	is one ok new replace
	revocations good names 1 "nothing *"
	revoked names ""
	kill "$server"
	wait "$server" || true
	sync
	echo 1 >/proc/sys/vm/drop_caches
	! cat copies/good.spm >/dev/null 2>&1 || die "it can be read: nothing is tested"
	kernel_mark unread
	revocations good digests 2 "$(digest_of "$SUTURE_KO")"
	revoked digests replace
	expect_match "$(kernel_log_since unread)" "suture: replace: cannot be read to compare it" \
		"the kernel's log"
	is one ok old replace
	expect_eq "$(patches_listed)" 0 "patches loaded"
fi
stop one
stop other
