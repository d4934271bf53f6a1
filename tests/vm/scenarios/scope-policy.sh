#!/bin/bash
# meaning: policy.d excludes executables and targets by pattern, a broken file stops apply before anything changes, --no-policy ignores it
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

trap 'rm -rf /etc/suture /run/suture /usr/lib/suture' EXIT
etc=/etc/suture/policy.d run=/run/suture/policy.d vendor=/usr/lib/suture/policy.d
mkdir -p $etc $run $vendor vip other
cp "$T/funcs/funcs" vip/program
cp "$LIB" other/
LD_LIBRARY_PATH=$T/funcs start vip "$PWD/vip/program"
LD_LIBRARY_PATH=$PWD/other start other "$PWD/vip/program"
LD_LIBRARY_PATH=$PWD/other start elsewhere "$T/funcs/funcs"
start one "$T/funcs/funcs"

# executables: now and later
echo "exclude-exe=$PWD/vip/*" >$vendor/50-vip.conf
expect_match "$(suture targets "$(spm replace)")" "${pid[vip]} .*excluded by $vendor/50-vip.conf:1" \
	"targets says who is excluded"
apply replace
LD_LIBRARY_PATH=$T/funcs start vip-later "$PWD/vip/program"
is one ok new replace
for name in vip vip-later other; do
	is $name ok old replace
	expect_eq "$(proc replace "${pid[$name]}" reason)" scope "reason of $name"
done
expect_match "$(suture status replace)" "not for exe $PWD/vip/\*" "status says so"
# once more: the same policy is the same scope
expect_status 0 suture apply "$(spm replace)"
expect_match "$output" "already applied" "again"
revert replace

# in addition to the rules of the command line
apply replace --pid "${pid[vip]}" --pid "${pid[one]}"
is vip ok old replace
is one ok new replace
revert replace

# hidden by a file of the same name in /etc, or not heeded at all
ln -s /dev/null $etc/50-vip.conf
apply replace
is vip ok new replace
revert replace
rm $etc/50-vip.conf
apply replace --no-policy
is vip ok new replace
revert replace
: >$run/50-vip.conf
apply replace
is vip ok new replace
revert replace
rm $run/50-vip.conf $vendor/50-vip.conf

# targets
printf '# the copy of another product\n\nexclude-target = %s/other/libfuncs.so*\n' "$PWD" >$run/other.conf
expect_match "$(suture targets "$(spm replace)")" "other/libfuncs.so \(excluded by $run/other.conf:3\)" \
	"targets says what is excluded"
expect_status 0 suture apply "$(spm replace)"
expect_match "$output" "other/libfuncs.so is left out: $run/other.conf:3 excludes it" "apply says so"
is one ok new replace
is vip ok new replace
for name in other elsewhere; do
	# shellcheck disable=SC2154
	expect_eq "$(proc replace "${pid[$name]}" state)" "" "state of $name"
	is $name ok old replace
	expect_eq "$(count_maps "${pid[$name]}" .spm)" 0 "mappings of the patch in $name"
done
LD_LIBRARY_PATH=$PWD/other start other-later "$T/funcs/funcs"
is other-later 1 first
revert replace
echo 'exclude-target=*/libfuncs.so' >>$run/other.conf
expect_status 3 suture apply "$(spm replace)"
expect_match "$output" "every file of .* is excluded by the policy" "nothing is left"
expect_status 3 suture targets "$(spm replace)"
apply replace --no-policy
is other ok new replace
revert replace

# broken ones: nothing changes, the module is not even loaded
unload_module
for line in 'exclude-exe' 'exclude_exe=/a' 'exclude-exe=relative' '[policy]'; do
	printf '\n%s\n' "$line" >$etc/10-broken.conf
	expect_status 1 suture apply "$(spm replace)"
	expect_match "$output" "$etc/10-broken.conf:2: " "file and line of '$line'"
	expect_status 1 suture targets "$(spm replace)"
done
! module_loaded || die "the module was loaded"
is one ok old replace
rm $etc/10-broken.conf $run/other.conf
reload_module
mkdir $etc/folder.conf
expect_status 1 suture apply "$(spm replace)"
expect_match "$output" "$etc/folder.conf: cannot be read as a policy" "a folder"
rmdir $etc/folder.conf
apply replace
is one ok new replace
revert replace
