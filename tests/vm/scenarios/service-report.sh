#!/bin/bash
# meaning: suture report: a page of what is patched where and what was when, with and without the service and the module; hostile names come out as text; the history is whole after a kill
# limit: 240
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/service.sh

# page: a new one, in $page
page() {
	suture report -o page.html || die "suture report: exit status $?"
	page=$(<page.html)
	expect_match "$page" $'^<!DOCTYPE html>.*</html>$' "a whole page"
	expect_no_match "$page" '<script|<img|<[a-z0-9]+[^>]* (src|href|on[a-z]+)=' "nothing from elsewhere, and no markup but its own"
}

# has TEXT: the page has it
has() {
	[[ $page == *"$1"* ]] || die "the page has no '$1'"
	ok "the page has: $1"
}

# has_not TEXT
has_not() {
	[[ $page != *"$1"* ]] || die "the page has '$1'"
}

# event WORDS...: so many, in the history
events() {
	jq --arg event "$1" --arg patch "$2" '[.events[] | select(.event == $event and .patch == $patch)] | length' "${STATE%/*}/history.json"
}

service_clean
# nothing is there at all
page
has "No patch is loaded, and none lies ready"
has "service does not run"
expect_status 2 suture report --json

# some programs, one of them with a name that would be markup
for name in one two three four; do
	start $name "$T/funcs/funcs"
done
cp "$T/funcs/funcs" '<img src=x onerror=alert(1)>'
export LD_LIBRARY_PATH=$T/funcs
start five "./<img src=x onerror=alert(1)>"
unset LD_LIBRARY_PATH
start held "$T/threads/holder"
page
has_not "What is patched where"

# with what the kernel says alone
apply replace
page
has "/funcs/funcs</span>"
has '<span class="badge good">4 patched</span>'
has '&lt;img src=x onerror=alert(1)&gt;</span> <span class="soft">1 process<'
has "The service has noted nothing here"
has "CVE-2026-00001"
has "level 1.0 (a)"
expect_match "$page" '[4-6] held: median [0-9.]+ .s, longest' "pauses"
expect_match "$(suture report)" '^<!DOCTYPE html>.*</html>$' "on the standard output"
revert replace

# what the service does is noted
put replace
perl -0777 -pe 's/a static function scales/<script>alert<\/script> x/' "$(spm static-function)" >"$VAR/static-function.spm"
service_start
becomes 20 one ok new replace
decided replace applied
decided static-function applied
echo "no patch" >"$VAR/broken.spm"
wait_for 20 said "broken.spm is not a patch module"
put replace-two replace.spm
wait_for 20 eval '[ "$(suture list --json | "$T/tools/pick" patches name=replace version)" = 2.0 ]'
becomes 20 one ok new replace
decided replace applied
put imports
decided imports applied
suture remove imports
put pair
decided pair applied
mkdir -p /etc/suture/policy.d
printf '[Automatic]\nExclude=ten-*\n' >/etc/suture/suture.conf
put ten-args
decided ten-args excluded
put wrong-build
wait_for 20 eval '[ -n "$(why wrong-build)" ]'
# it waits for a thread, and keeps others from what it changes
put hold
decided hold applied
is held ok enter hold
rm "$VAR/hold.spm"
wait_for 20 eval '[ "$(why hold)" = reverting ]'
jq '.patches.shadowed = {"bad": {"since": 1770000000, "version": "1.0", "evidence": "<script>crashed</script> twice"}}' "$STATE" >new
cat new >"$STATE"
wait_for 20 eval '[ "$(events applied replace)" = 2 ]'
page
has "service runs"
has 'test: &lt;script&gt;alert&lt;/script&gt; x by 5 and adds 1'
has '&lt;script&gt;crashed&lt;/script&gt; twice'
has '<span class="badge bad">bad</span>'
has '<span class="badge off">removed</span>'
has '<span class="badge off">excluded</span>'
has "broken.spm is not a patch module"
has "ten-*"
has "is inside"
has 'class="in"'
has '<span class="badge bad">failed</span>'
has '<summary>The last '
expect_eq "$(events apply replace) $(events gone replace) $(events revert hold) $(events applied hold)" "2 1 1 1" \
	"what the history has"
# for whoever wants to see it
gzip -c page.html | base64 | sed 's/^/page: /'

# a kill loses the last moment at most; a restart notes nothing twice
applied=$(events applied pair)
service_stop KILL
service_start
decided pair applied
expect_eq "$(events applied pair)" "$applied" "nothing is noted twice"
expect_eq "$(events boot "")" 0 "boots have no name"
expect_eq "$(jq '[.events[] | select(.event == "boot")] | length' "${STATE%/*}/history.json")" 1 "and are noted once"
# a damaged one is begun anew
service_stop
echo "{" >"${STATE%/*}/history.json"
page
has "history.json is damaged"
service_start
rm "$VAR"/*.spm
is held "7 0" leave
wait_for 20 eval '[ -z "$(ls /sys/kernel/suture)" ]'
wait_for 20 eval '[ "$(events gone replace)" = 1 ]'
page
has_not "is damaged"
service_stop
# without the module, and by somebody who may not ask it
wait_for 20 rmmod suture
page
has "module not loaded"
insmod "$SUTURE_KO"
expect_status 1 setpriv --reuid 1000 --clear-groups suture report
for name in one two three four five held; do
	stop $name
done
