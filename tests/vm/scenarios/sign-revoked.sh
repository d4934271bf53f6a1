#!/bin/bash
# meaning: a signed list revokes patches: they go at once and are refused; a list that is unsigned, altered, a stranger's or old is refused
# limit: 300
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/sign.sh

start one "$T/funcs/funcs"
start two "$T/funcs/funcs"
versioned 1.0 good v10.spm
versioned 1.2 other v12.spm
trust require_signature=1 good other
words='replace 1.0: has been revoked by "Suture test, good", in list no. 7'

suture apply v10.spm
is one ok new replace
# lists that are none of this machine's
revocations good list 7 "replace 1.0"
revocations stranger stranger.list 9 "replace 1.0"
revocations expired expired.list 9 "replace 1.0"
printf 'suture-revocations 9\nreplace 1.0\n' >none.list
sed 's/replace 1.0/replace 1.1/' list >altered.list
sed 2d list >shorter.list
head -c -1 list >cut.list
expect_status 0 suture verify --cert trusted list
expect_match "$output" "good, signed by .*revocation list no. 7, 1 entries.*replace 1.0" "suture verify"
expect_status 1 suture verify --cert trusted altered.list
list_refused none.list "is not signed"
list_refused cut.list "is not signed"
list_refused stranger.list "is signed by somebody whom this machine does not trust"
list_refused expired.list "is signed by somebody whom this machine does not trust"
list_refused altered.list 'is not what "Suture test, good" has signed: it was altered'
list_refused shorter.list 'is not what "Suture test, good" has signed: it was altered'
# what is signed and is no list, of either kind
list_refused v10.spm "is no revocation list: line 1: does not say"
expect_status 1 suture apply list
printf 'suture-revocations 9\nreplace\n' >wrong.list
expect_status 1 suture sign --key "$SIGN/keys/good.key" --cert "$SIGN/keys/good.der" wrong.list
expect_match "$output" "wrong.list is no revocation list: line 2: is not a name and a version" \
	"suture sign of a wrong one"
is one ok new replace
is two ok new replace

# wrong calls with a right list
output=$("$SIGN/remember" misuse list) || die "$output"
expect_match "$output" "^ok 36, replace$" "wrong calls: $output"
is one ok new replace

# the list: out of all processes, and never again
kernel_mark list
suture revoke list
is one ok old replace
is two ok old replace
! loaded replace || die "it is still loaded"
expect_match "$(kernel_log_since list)" "suture: list: revocation list no. 7, 1 entries, 1 of them loaded" \
	"the kernel's log of the list"
refused v10.spm "$words"
taken v12.spm
# again is no mistake
suture revoke list
# older, or another of the same number
revocations good older.list 6 "other *"
list_refused older.list "is an older revocation list, no. 6: no. 7 has been seen"
revocations good same.list 7 "other *"
list_refused same.list "is another revocation list than the one seen with its number, 7"
# another signer's says nothing of this one's
revocations other others.list 1000 "nothing *"
suture revoke others.list
refused v10.spm "$words"

# all versions; the file, signed or not; and an entry is gone with a newer list
trust require_signature=1 good other
revocations good all.list 8 "replace *"
suture revoke all.list
refused v10.spm 'replace 1.0: has been revoked'
refused v12.spm 'replace 1.2: has been revoked'
sum=$(sha256sum v10.spm)
revocations good file.list 9 "sha256:${sum%% *}"
suture revoke file.list
refused v10.spm 'replace 1.0: has been revoked'
taken v12.spm
sum=$(suture verify --cert trusted v10.spm | grep -o 'sha256:.*')
revocations good image.list 10 "$sum"
suture revoke image.list
refused v10.spm 'replace 1.0: has been revoked'
taken v12.spm
revocations good none.list 11
suture revoke none.list
trust require_signature=1 good other
taken v10.spm

# where no signature is required, taking it off does not help
trust "" good
suture apply "$(spm replace)"
sum=$(sha256sum "$(spm replace)")
revocations good list 1 "sha256:${sum%% *}" "hold *"
suture revoke list
is one ok old replace
refused "$(spm replace)" 'replace 1.0: has been revoked'
refused v10.spm 'replace 1.0: has been revoked'
list_refused stranger.list "is signed by somebody whom this machine does not trust"
printf 'suture-revocations 9\nreplace 1.0\n' >none.list
list_refused none.list "is not signed"

# one that is on its way out is not turned round
trust "" good
start held "$T/threads/holder"
apply hold
is held ok enter hold
expect_status 4 suture revoke --timeout 1 list
! echo 1 2>/dev/null >/sys/kernel/suture/hold/enabled || die "a revoked patch is turned round"
expect_match "$({ echo 1 >/sys/kernel/suture/hold/enabled; } 2>&1 || true)" "revoked" "turning it round"
is held "7 0" leave
wait_for 5 eval '! loaded hold'
is held ok old hold
stop held
stop one
stop two
