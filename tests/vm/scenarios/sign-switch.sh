#!/bin/bash
# meaning: require_signature is switched on and never off; root cannot write the keyring
# limit: 150
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/sign.sh

switch=/sys/module/suture/parameters/require_signature
start one "$T/funcs/funcs"
signed good
signed stranger
trust "" good
expect_eq "$(cat $switch)" N "require_signature at first"
# none is required: an unsigned one is taken as ever, and one of a stranger
apply replace
revert replace
kernel_mark stranger
taken stranger.spm
expect_match "$(kernel_log_since stranger)" "somebody whom this machine does not trust" \
	"the kernel's log of it"

echo 1 >$switch
expect_eq "$(cat $switch)" Y "require_signature switched on"
for off in 0 N off; do
	! echo $off 2>/dev/null >$switch || die "'$off' is taken"
done
expect_match "$({ echo 0 >$switch; } 2>&1 || true)" "not permitted" "switching it off"
expect_eq "$(cat $switch)" Y "require_signature afterwards"
refused stranger.spm "is signed by somebody whom this machine does not trust"
taken good.spm

expect_status 0 "$SIGN/intrude" "$SIGN/keys/stranger.der"
expect_match "$output" "17 refused" "attacks on the keyring"
refused stranger.spm "is signed by somebody whom this machine does not trust"
taken good.spm

# what others than root can write is no certificate of this machine
trust require_signature=1
install -m 666 "$SIGN/keys/good.der" trusted/good.der
echo nonsense >trusted/nonsense.der
unload_module
insmod "$SUTURE_KO" trusted="$PWD/trusted" require_signature=1
refused good.spm "is signed by somebody whom this machine does not trust"
chmod 644 trusted/good.der
unload_module
insmod "$SUTURE_KO" trusted="$PWD/trusted" require_signature=1
taken good.spm
stop one
