#!/bin/bash
# meaning: the target appears on the disk, is upgraded to another build, and has variants: the patch that fits is in force, and one that is contained in the package retires
# limit: 240
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/service.sh

LIBDIR=/usr/local/lib
# install_target BUILD SECONDS: as a package manager does, with that time of change
install_target() {
	cp "$1" "$LIBDIR/.libfuncs.so.new"
	touch -d "@$2" "$LIBDIR/.libfuncs.so.new"
	mv "$LIBDIR/.libfuncs.so.new" "$LIBDIR/libfuncs.so"
}
clean_target() {
	rm -f "$LIBDIR/libfuncs.so" "$LIBDIR/funcs"
	end_service
}

# list NAME FIELD: what `suture list` says of a patch
list() {
	suture list --json | "$T/tools/pick" patches "name=$1" "$2"
}

service_clean
mkdir -p "$LIBDIR"
trap clean_target EXIT
cp "$T/funcs/funcs" "$LIBDIR/funcs"
put replace
touch -d @1000000000 "$VAR/replace.spm"
service_start
expect_eq "$(why replace)" no-target "without its target"
# it appears: the patch is there before the first process
install_target "$LIB" 1000000001
decided replace applied
start one "$LIBDIR/funcs"
is one ok new replace
expect_eq "$(list replace package_has_fix)" - "the package has not the fix"
# an upgrade: new processes run the new build, old ones keep the patch
install_target "$T/funcs/other/libfuncs.so" 1000000002
decided replace retiring
start two "$LIBDIR/funcs"
is two ok old replace
is one ok new replace
expect_eq "$(list replace package_has_fix)" true "the package has the fix"
expect_match "$(suture list)" "replace .* yes .*processes that run the old one keep the patch" "for people"
# when the last one ends, it is taken out
stop one
kill -HUP "$service_pid"
wait_for 20 eval "! loaded replace"
decided replace retired
expect_match "$(suture list)" "the installed package is newer, and nobody runs" "for people"
# a variant for the new build, under the same name, and one beside it
put replace-variant
becomes 20 two ok new replace
decided replace applied
expect_eq "$(list replace level)" "1.1 (a)" "the variant's level"
# back to the old build: the first file fits again, for what is on the disk
install_target "$LIB" 1000000003
start one "$LIBDIR/funcs"
becomes 20 one ok new replace
decided replace applied
# names with a +: both builds at the same time
rm "$VAR/replace-variant.spm"
put replace-plus
becomes 20 two ok new replace
is one ok new replace
decided replace+other applied
decided replace applied
rm "$VAR"/*.spm
becomes 20 one ok old replace
becomes 20 two ok old replace
wait_for 20 eval '[ -z "$(ls /sys/kernel/suture)" ]'
# configured exclusion, and the policy's
printf '[Automatic]\nExclude=repl*\n' >/etc/suture/suture.conf
put replace
decided replace excluded
mkdir -p /etc/suture/policy.d
echo "exclude-exe=$LIBDIR/funcs" >/etc/suture/policy.d/a.conf
rm /etc/suture/suture.conf
decided replace applied
is one ok old replace
expect_match "$(suture list)" "not for exe $LIBDIR/funcs" "the policy's rule"
service_stop
stop one
stop two
