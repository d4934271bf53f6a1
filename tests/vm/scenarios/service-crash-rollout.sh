#!/bin/bash
# meaning: a patch whose canary dies in it never comes to the others; a crash in a canary makes the quiet time begin anew
# limit: 240
# kernel-allow: (dies|funcs)\[[0-9]+\]: segfault
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/service.sh

names=(a b c d)
# patched: those of the four that run the new code
patched() {
	local name
	for name in "${names[@]}"; do
		ask "$name" new replace
		[ "$answer" != ok ] || echo "$name"
	done
}

service_clean
for name in "${names[@]}"; do
	start "$name" "$T/funcs/funcs"
done
printf '[Rollout]\nCanary=25%%\nQuietSec=10\n' >/etc/suture/suture.conf
service_start
watched
put harm
decided harm canary
wait_for 20 eval '[ "$(patched | wc -l)" = 1 ]'
canary=$(patched)
tell "$canary" calls 10
decided harm bad
wait "${pid[$canary]}" || true
unset "pid[$canary]"
rest=()
for name in "${names[@]}"; do
	[ "$name" = "$canary" ] || rest+=("$name")
done
names=("${rest[@]}")
nap 12
expect_eq "$(patched)" "" "those that ever get it"
decided harm bad
rm "$VAR/harm.spm"

# one crash that is not in the patch: it may be the patch's, so the others get it later
put replace
decided replace canary
wait_for 20 eval '[ "$(patched | wc -l)" = 1 ]'
canary=$(patched)
began=$(now_ms)
nap 3
for name in "${names[@]}"; do
	[ "$name" = "$canary" ] || other=$name
done
tell "$canary" null
wait "${pid[$canary]}" || true
unset "pid[$canary]"
decided replace applied
expect_le 11500 $(($(now_ms) - began)) "milliseconds are not too many, with the crash after three seconds and ten of quiet"
is "$other" ok new replace
rm "$VAR/replace.spm"
becomes 20 "$other" ok old replace
service_stop
for name in "${names[@]}"; do
	[ "$name" = "$canary" ] || stop "$name"
done
