#!/bin/bash
# meaning: staged roll-out: a share of the processes first, the others when it was quiet so long, over a restart of the service
# limit: 200
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/service.sh

names=(a b c d)
# patched: how many of the four run the new code
patched() {
	local name count=0
	for name in "${names[@]}"; do
		ask "$name" new replace
		[ "$answer" != ok ] || count=$((count + 1))
	done
	echo $count
}

service_clean
for name in "${names[@]}"; do
	start "$name" "$T/funcs/funcs"
done
printf '[Rollout]\nCanary=25%%\nQuietSec=3600\n' >/etc/suture/suture.conf
put replace
service_start
decided replace canary
wait_for 20 eval '[ "$(patched)" = 1 ]'
expect_match "$(suture list)" "canaries: 25% of the processes" "the listing"
expect_match "$(suture list)" "the canaries have it" "and why"
said "replace 1.0: applied to the canaries" || die "sutured says nothing of canaries: $(cat sutured.out)"
# a restart does not begin anew, nor hurry
service_stop
service_start
decided replace canary
expect_eq "$(patched)" 1 "processes that have it"
# the quiet time is over, counted from when it was loaded
printf '[Rollout]\nCanary=25%%\nQuietSec=2\n' >/etc/suture/suture.conf
wait_for 20 eval '[ "$(patched)" = 4 ]'
decided replace applied
said "from the canaries to all processes" || die "sutured says nothing of the promotion: $(cat sutured.out)"
start e "$T/funcs/funcs"
is e ok new replace
# by itself, by the clock
rm "$VAR/replace.spm"
wait_for 20 eval '[ "$(patched)" = 0 ]'
wait_for 20 eval "! loaded replace"
before=$(count_lines 'applied to the canaries' sutured.out)
put replace
# for two seconds at the most, so it is not looked for itself
wait_for 20 eval '[ "$(count_lines "applied to the canaries" sutured.out)" -gt "$before" ]'
wait_for 20 eval '[ "$(patched)" = 4 ]'
decided replace applied
# canaries that root wants by hand are not promoted
suture auto off
expect_status 0 suture remove replace
expect_status 0 suture restore replace
decided replace available
expect_status 0 suture apply --canary 25% replace
nap 3
expect_eq "$(suture list --json | jq '.patches[0] | [.processes, .canary]' -c)" "[2,25]" "processes that have it"
rm "$VAR/replace.spm"
wait_for 20 eval "! loaded replace"
service_stop
for name in "${names[@]}" e; do
	stop "$name"
done
