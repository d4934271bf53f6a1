#!/bin/bash
# meaning: signed revocation lists in the folders: what they name comes off at once and is listed as revoked, also after a restart and another life of the module; a list that is not good disturbs nothing
# limit: 300
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/sign.sh
. /suture/tests/targets/service.sh

# place FILE NAME: into the folder, at once
place() {
	cp "$1" "$VAR/.$2"
	mv "$VAR/.$2" "$VAR/$2"
}

# list_said NAME FIELD: what sutured says of a list
list_said() {
	jq -r --arg file "$VAR/$1" --arg field "$2" '.lists[] | select(.file == $file) | .[$field]' /run/suture/sutured.json
}

# in_force NAME: the kernel has it
in_force() {
	wait_for 20 eval "[ \"\$(list_said $1 taken)\" = true ]"
}

service_clean
trap 'end_service; end_signing' EXIT
start one "$T/funcs/funcs"
start two "$T/funcs/funcs"
versioned 1.0 good v10.spm
versioned 1.2 good v12.spm
revocations good seven 7 "replace 1.0"
trust "" good
service_start
place v10.spm replace.spm
becomes 20 one ok new replace
becomes 20 two ok new replace
decided replace applied

# the list: out of all processes, and it stays out
kernel_mark list
place seven patches.revocations
becomes 20 one ok old replace
becomes 20 two ok old replace
decided replace revoked
! loaded replace || die "it is still loaded"
in_force patches.revocations
expect_match "$(kernel_log_since list)" "revocation list no. 7, 1 entries, 1 of them loaded" "the kernel's log"
said "patches.revocations: revocation list no. 7, 1 entries, 1 of them loaded" || die "$(cat sutured.out)"
said "replace 1.0: reverting it .revoked" || die "$(cat sutured.out)"
expect_eq "$(suture list --json | "$T/tools/pick" patches name=replace state)" revoked "suture list"
expect_match "$(suture list)" "replace .* revoked .*revoked by a signed list.*/patches.revocations names it, revocation list no. 7" "for people"
start three "$T/funcs/funcs"
is three ok old replace
expect_status 1 suture apply replace
expect_match "$output" "has been revoked" "by hand"
# it is not tried in vain
kill -HUP "$service_pid"
in_force patches.revocations
decided replace revoked
expect_eq "$(count_lines 'replace.spm: .*has been revoked' sutured.out)" 0 "tries, with one SIGHUP"
# also where nothing would be tried
suture auto off
place v10.spm other.spm
expect_eq "$(why replace)" revoked "automatic installation is off"
rm "$VAR/other.spm"
suture auto on

# over a restart of the service; and a newer version is welcome
service_stop
service_start
decided replace revoked
is one ok old replace
place v12.spm replace.spm
becomes 20 one ok new replace
decided replace applied

# lists that are not good are reported, and nothing else changes
printf 'suture-revocations 9\nreplace 1.2\n' >"$VAR/unsigned.revocations"
revocations stranger stranger 9 "replace 1.2"
place stranger stranger.revocations
revocations good six 6 "replace 1.2"
place six old.revocations
ln -s "$PWD/six" "$VAR/link.revocations"
revocations good eight 8 "replace 1.2"
sed 's/replace 1.2/replace 1.*/' eight >"$VAR/altered.revocations"
wait_for 20 said "unsigned.revocations: .*is not signed"
wait_for 20 said "stranger.revocations: .*is signed by somebody whom this machine does not trust"
wait_for 20 said "old.revocations: .*is an older revocation list, no. 6: no. 7 has been seen"
wait_for 20 said "link.revocations: .*is a symbolic link"
wait_for 20 said "altered.revocations: .*it was altered"
expect_eq "$(list_said unsigned.revocations taken)$(list_said link.revocations taken)" falsefalse "what the report says"
is one ok new replace
decided replace applied
rm "$VAR"/{unsigned,stranger,old,link,altered}.revocations

# another life of the module, as after a boot: the list is there before any patch
place v10.spm replace.spm
decided replace refused
expect_eq "$(suture list --json | "$T/tools/pick" patches name=replace version)" 1.2 "what is in force"
service_stop
suture revert --force replace >/dev/null
suture restore replace >/dev/null
trust "" good
kernel_mark boot
service_start
decided replace revoked
is one ok old replace
expect_match "$(kernel_log_since boot)" "revocation list no. 7, 1 entries, 0 of them loaded" "the kernel's log"
refused v10.spm 'replace 1.0: has been revoked'
# the module goes and comes while the service runs, when that does not look at it just then
kernel_mark again
wait_for 20 rmmod suture
trust "" good
wait_for 20 eval '[[ $(kernel_log_since again) == *"revocation list no. 7"* ]]'
in_force patches.revocations
refused v10.spm 'replace 1.0: has been revoked'

# loaded by hand from elsewhere, several at once
suture apply v12.spm
apply static-function
is one ok new replace
revocations good eight 8 "replace *" "static-function *"
place eight patches.revocations
becomes 20 one ok old replace
wait_for 20 eval '! loaded replace && ! loaded static-function'
decided replace revoked

# a newer list that does not name it any more
revocations good nine 9 "other 1"
place nine patches.revocations
becomes 20 one ok new replace
decided replace applied
expect_eq "$(suture list --json | "$T/tools/pick" patches name=replace version)" 1.0 "what is in force"
# two lists for one start
service_stop
revocations good ten 10 "replace 1.0"
place ten z.revocations
service_start
becomes 20 one ok old replace
decided replace revoked
# a list that is gone stays in force until the module is
rm "$VAR"/*.revocations
wait_for 20 eval '[ "$("$T/tools/pick" lists length </run/suture/sutured.json)" = 0 ]'
decided replace revoked
is one ok old replace
wait_for 20 said "replace.spm: .*has been revoked by .Suture test, good., in list no. 10"
expect_match "$(suture list)" "replace .* revoked .*has been revoked by .Suture test, good., in list no. 10" "suture list"
service_stop
for name in one two three; do
	stop $name
done
