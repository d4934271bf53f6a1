#!/bin/bash
# meaning: suture auto off: patches are only listed, what is applied stays, suture apply installs by name; on: they are applied
# limit: 240
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/service.sh

# list NAME FIELD: what `suture list` says of a patch
list() {
	suture list --json | "$T/tools/pick" patches "name=$1" "$2"
}

service_clean
start one "$T/funcs/funcs"
# without the service, too
expect_match "$(suture auto status)" "automatic installation: on, as configured.*service: does not run" "status"
service_start
expect_match "$(suture auto status)" "service: runs, process $service_pid" "status with the service"
expect_status 0 suture auto off
put replace
decided replace available
is one ok old replace
expect_eq "$(list replace state) $(list replace level) $(list replace cve) $(list replace loaded)" \
	"available 1.0 (a) CVE-2026-00001 -" "the listing"
expect_match "$(suture list)" "replace +1.0 +1.0 \(a\) +available +- +- .* [0-9]+K +CVE-2026-00001" "the listing for people"
expect_match "$(suture list)" "automatic installation is off: .suture apply. installs it" "and why"
expect_eq "$(suture auto status --json | jq -c '[.install, .configured, .running]')" "[false,true,true]" "as JSON"
# by hand, by its name
expect_status 0 suture apply replace
is one ok new replace
decided replace applied
expect_eq "$(list replace state) $(list replace processes) $(list replace package_has_fix)" "applied 1 -" "the listing"
# what is in stays: off again, a restart, the configuration
expect_status 0 suture auto off
service_stop
service_start
is one ok new replace
# as after a boot: what root has installed comes back, what root has reverted does not
service_stop
suture revert --force replace >/dev/null
expect_eq "$(jq -r '.patches.replace.installed' "$STATE")" null "reverted by hand: it is not wanted"
sed -i 's/"boot": *"[^"]*"/"boot": "another"/' "$STATE"
service_start
expect_eq "$(why replace)" available "after that"
is one ok old replace
suture apply replace
# behind the service's back; one that runs would bring it back at its next look
service_stop
echo 0 >/sys/kernel/suture/replace/enabled
wait_for 20 eval "! loaded replace"
service_start
becomes 20 one ok new replace
decided replace applied
# the module can go while nothing is in force, and come again
rm "$VAR/replace.spm"
wait_for 20 eval "! loaded replace"
wait_for 20 rmmod suture
wait_for 20 said "suture.ko is not loaded"
put replace
expect_eq "$(suture list --json | "$T/tools/pick" patches name=replace state)" available "the listing without the module"
insmod "$SUTURE_KO"
wait_for 20 eval '[ "$("$T/tools/pick" module </run/suture/sutured.json)" = true ]'
expect_status 0 suture apply replace
decided replace applied
# a new version is listed, and does not take the place
put replace-two replace.spm
decided replace available
expect_eq "$(list replace version) $(list replace available_version)" "1.0 2.0" "the new version"
expect_match "$(suture list)" "version 2.0 is available" "for people"
is one ok new replace
expect_status 0 suture auto on
wait_for 20 eval '[ "$(list replace version)" = 2.0 ]'
becomes 20 one ok new replace
decided replace applied
# configured off, and the command goes before it
rm "$VAR/replace.spm"
becomes 20 one ok old replace
wait_for 20 eval "! loaded replace"
printf '[Automatic]\nInstall=no\n' >/etc/suture/suture.conf
put replace-two replace.spm
becomes 20 one ok new replace
rm -f "$VAR/replace.spm"
becomes 20 one ok old replace
wait_for 20 eval "! loaded replace"
service_stop
rm "$STATE"
service_start
put replace
decided replace available
# what cannot be read: nothing is done, and it is said where
printf '[Automatic]\nInstall=perhaps\n' >/etc/suture/suture.conf
wait_for 20 said "/etc/suture/suture.conf:2: Install=perhaps: wanted is yes or no"
expect_match "$(jq -r .error /run/suture/sutured.json)" "suture.conf:2" "the report"
wait_output sutured 'STATUS=.*suture.conf:2'
is one ok old replace
rm /etc/suture/suture.conf
becomes 20 one ok new replace
# only root may
expect_status 2 suture auto
expect_status 2 suture auto perhaps
rm "$VAR/replace.spm"
becomes 20 one ok old replace
service_stop
stop one
