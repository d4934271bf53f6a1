#!/bin/bash
# meaning: a certificate that was renewed, with its key and its name, does not end the old one's signatures
# limit: 150
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/sign.sh

start one "$T/funcs/funcs"
signed good
signed renewed
! cmp -s good.spm renewed.spm || die "both signatures name the same certificate"
trust require_signature=1 good renewed
expect_eq "$(grep -c 'asymmetri.*Suture test, good' /proc/keys)" 2 "keys in the ring"
taken good.spm
taken renewed.spm
stop one
