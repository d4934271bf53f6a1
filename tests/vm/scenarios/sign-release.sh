#!/bin/bash
# meaning: a module built with RELEASE=1 and certificates takes signed patches only, without a folder of certificates; each decision is an audit record; ECDSA where the kernel can
# limit: 150
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/sign.sh

release=$SUTURE_RELEASE_KO
[ -e "$release" ] || die "there is no $release: make kmod-release"

# audited MARK REGEX: a record of the type KERNEL, since the mark
audited() {
	wait_for 5 eval '[[ $(kernel_log_since '"$1"') == *type=1316* ]]'
	expect_match "$(kernel_log_since "$1")" "type=1316 audit[^ ]* $2" "the audit record"
}

# audited_refusal FILE WORDS CAUSE
audited_refusal() {
	refused "$1" "$2"
	audited "$1" "op=suture_load name=\"[^\"]*$1\".* cause=\"?$3\"?.* res=0"
}

start one "$T/funcs/funcs"
trap '"$SIGN/audit" off; echo 5 >/proc/sys/kernel/printk_ratelimit; end_signing' EXIT
"$SIGN/audit" on
# else the kernel drops records that come in a row
echo 0 >/proc/sys/kernel/printk_ratelimit
mkdir none
unload_module
kernel_mark insmod
insmod "$release" trusted="$PWD/none"
expect_match "$(kernel_log_since insmod)" 'trusts the signatures of "Suture test, good" .built in.' "the kernel's log"
expect_eq "$(</sys/module/suture/parameters/require_signature)" Y "require_signature by itself"
! echo N 2>/dev/null >/sys/module/suture/parameters/require_signature || die "it can be switched off"
signed good
signed stranger
cp "$(spm replace)" unsigned.spm
kernel_mark good
taken good.spm
audited good 'op=suture_load name="[^"]*good.spm".* cause="?verified"?.* res=1'
audited_refusal unsigned.spm "is not signed, and this machine takes signed patches only" refused
audited_refusal stranger.spm "is signed by somebody whom this machine does not trust" refused
versioned 1.2 good newer.spm
taken newer.spm
audited_refusal good.spm "a newer version, 1.2, has been seen" rollback
revocations good list 1 "replace 1.2"
kernel_mark revoke
suture revoke list
audited revoke 'op=suture_revoke name="[^"]*list".* cause="?verified"?.* res=1'
audited_refusal newer.spm "has been revoked" revoked
# asked not to at its load, it is refused
unload_module
kernel_mark off
! insmod "$release" require_signature=0 2>/dev/null || {
	expect_eq "$(</sys/module/suture/parameters/require_signature)" Y "require_signature, asked for 0"
	refused unsigned.spm "is not signed, and this machine takes signed patches only"
}

# keys on a curve
openssl req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -sha256 -nodes -days 30 -subj '/CN=Curve' \
	-addext keyUsage=digitalSignature -keyout curve.key -out curve.pem 2>/dev/null
mkdir curve
openssl x509 -in curve.pem -outform DER -out curve/curve.der
cp "$(spm replace)" curve.spm
suture sign --key curve.key --cert curve.pem curve.spm
expect_status 0 suture verify --cert curve.pem curve.spm
! module_loaded || unload_module
kernel_mark curve
insmod "$release" trusted="$PWD/curve"
if grep -q '^name *: ecdsa-nist-p256' /proc/crypto; then
	taken curve.spm
else
	expect_match "$(kernel_log_since curve)" "curve.der: is left out: the kernel does not take it" "the kernel's log"
	refused curve.spm "is signed (by somebody whom this machine does not trust|in a way that this kernel cannot verify)"
fi
stop one
