# shellcheck shell=bash
# For the scenarios sign-*, after talk.sh: keys, and a module that trusts some of them.

# shellcheck disable=SC2034 # scenarios use it
SIGN=$T/sign

# However the scenario ends: the others' module requires nothing.
end_signing() {
	umount copies 2>/dev/null || true
	suture revert --all >/dev/null 2>&1 || true
	reload_module
}
trap end_signing EXIT

# trust PARAMETERS NAMES...: the module, loaded anew; it trusts these and no others
trust() {
	local parameters=$1 name
	shift
	rm -rf trusted
	mkdir -p trusted
	for name; do
		install -m 644 "$SIGN/keys/$name.der" trusted/
	done
	! module_loaded || unload_module
	# shellcheck disable=SC2086 # several words
	insmod "$SUTURE_KO" trusted="$PWD/trusted" $parameters || die "insmod $parameters"
}

# signed NAME [COPY]: a copy of the patch "replace" with that signature
signed() {
	local copy=${2:-$1.spm}
	cp "$(spm replace)" "$copy"
	suture sign --key "$SIGN/keys/$1.key" --cert "$SIGN/keys/$1.der" "$copy"
}

# refused FILE WORDS: by the kernel, which says them to the caller and to its log
refused() {
	local file=$1 words=$2
	kernel_mark "$file"
	expect_status 1 suture apply "$file"
	expect_match "$output" "$words" "the refusal of $file"
	expect_match "$(kernel_log_since "$file")" "suture: .*$words" "the kernel's log of it"
	expect_eq "$(ls /sys/kernel/suture)" "" "list of patches"
}

# taken FILE: applied, runs, and goes again
taken() {
	suture apply "$1" || die "$1 is not applied"
	is one ok new replace
	revert replace
	is one ok old replace
}

# versioned VERSION KEY FILE: the patch "replace" as of that version (three characters), signed
versioned() {
	perl -0777 -pe 's/\x001\.0\x00/\x00'"$1"'\x00/' "$(spm replace)" >"$3"
	[ "$1" = 1.0 ] || ! cmp -s "$3" "$(spm replace)" || die "no version in the file"
	suture sign --key "$SIGN/keys/$2.key" --cert "$SIGN/keys/$2.der" "$3"
}

# revocations KEY FILE SERIAL LINES...: a signed list
revocations() {
	local key=$1 file=$2 serial=$3
	shift 3
	printf '%s\n' "suture-revocations $serial" "# for a test" "$@" >"$file"
	suture sign --key "$SIGN/keys/$key.key" --cert "$SIGN/keys/$key.der" "$file"
}

# list_refused FILE WORDS: by the kernel, and nothing is reverted
list_refused() {
	kernel_mark "$1"
	expect_status 1 suture revoke "$1"
	expect_match "$output" "$2" "the refusal of $1"
	expect_match "$(kernel_log_since "$1")" "suture: .*$2" "the kernel's log of it"
}
