#!/bin/bash
# meaning: where signatures are required, patches signed by suture sign, sign-file and openssl are applied
# limit: 150
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/sign.sh

start one "$T/funcs/funcs"
trust require_signature=1 good other
expect_eq "$(</sys/module/suture/parameters/require_signature)" Y "require_signature"

for name in good other; do
	signed $name
	expect_status 0 suture verify --cert trusted $name.spm
	expect_match "$output" "good, signed by CN=Suture test\\\\, $name" "who has signed"
	taken $name.spm
done
expect_eq "$(suture inspect --json --no-disassembly good.spm | jq -r .signature.digest)" sha256 \
	"the digest that inspect shows"

# signed again: one signature is there, not two
cp other.spm again.spm
suture sign -k "$SIGN/keys/good.key" -c "$SIGN/keys/good.pem" again.spm
expect_eq "$(stat -c %s again.spm)" "$(stat -c %s good.spm)" "size of what is signed again"
taken again.spm

# as docs/signing.md has it
K=$SIGN/keys/good
cp "$(spm replace)" openssl.spm
openssl cms -sign -binary -noattr -nocerts -md sha256 -in openssl.spm -inkey "$K.key" \
	-signer "$K.pem" -outform DER -out p7
size=$(printf %08x "$(stat -c %s p7)")
{
	cat p7
	printf '\0\0\2\0\0\0\0\0'
	printf '%b' "\\x${size:0:2}\\x${size:2:2}\\x${size:4:2}\\x${size:6:2}"
	echo "~Module signature appended~"
} >>openssl.spm
expect_status 0 suture verify --cert trusted openssl.spm
taken openssl.spm

# the kernel's own, which is a program of the build machine
if [ "$(uname -m)" = x86_64 ]; then
	file=$(echo /suture/build/kernels/x86_64-*/headers/usr/lib/linux-kbuild-*/scripts/sign-file)
	for hash in sha256 sha512; do
		"${file%% *}" $hash "$K.key" "$K.pem" "$(spm replace)" "$hash.spm"
		expect_status 0 suture verify --cert trusted $hash.spm
		taken $hash.spm
	done
fi
stop one
