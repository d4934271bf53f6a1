#!/bin/bash
# meaning: the versions that the kernel has seen are kept over a boot by sutured: an older signed patch is refused after it, too
# limit: 200
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/sign.sh
. /suture/tests/targets/service.sh

remember=$SIGN/remember

# kept NAME: the version in the service's state
kept() {
	jq -r --arg name "$1" '.patches[$name].floor // ""' "$STATE"
}

# boot PARAMETERS: another life of the module, and of the state only what a boot leaves
boot() {
	service_stop
	suture revert --all --force >/dev/null 2>&1 || true
	rm -rf /run/suture
	trust "$1" good
	expect_eq "$("$remember" list)" "" "what a new module remembers"
	sed -i 's/"boot": *"[^"]*"/"boot": "another"/; /"held"/,/}/d' "$STATE"
}

service_clean
trap 'end_service; end_signing' EXIT
start one "$T/funcs/funcs"
for version in 1.0 1.2 1.3; do
	versioned $version good "v$version.spm"
done
older='replace 1.0: a newer version, 1.2, has been seen'

trust require_signature=1 good
service_start
cp v1.2.spm "$VAR/.new" && mv "$VAR/.new" "$VAR/replace.spm"
becomes 20 one ok new replace
decided replace applied
expect_eq "$(kept replace)" 1.2 "the version that is kept"
boot require_signature=1
# without the service an older one would get in now
service_start
becomes 20 one ok new replace
expect_eq "$("$remember" list)" "replace 1.2" "what the kernel was told"
rm "$VAR/replace.spm"
becomes 20 one ok old replace
wait_for 20 eval '! loaded replace'
refused v1.0.spm "$older"

# also what was never in the folders; and the service itself is refused, whatever it has forgotten
suture apply v1.3.spm
is one ok new replace
wait_for 20 eval '[ "$(kept replace)" = 1.3 ]'
suture revert replace >/dev/null
suture restore replace >/dev/null
expect_eq "$(kept replace)" 1.3 "restore does not lower it"
boot require_signature=1
cp v1.2.spm "$VAR/.new" && mv "$VAR/.new" "$VAR/replace.spm"
service_start
decided replace refused
is one ok old replace
expect_match "$(suture list)" "replace 1.2: a newer version, 1.3, has been seen" "suture list"
# the module goes and comes while the service runs, when that does not look at it just then
wait_for 20 rmmod suture
trust require_signature=1 good
wait_for 20 eval '[ "$("$remember" list)" = "replace 1.3" ]'
refused v1.2.spm 'replace 1.2: a newer version, 1.3, has been seen'
# one entry that cannot be handed in does not keep the others from it
service_stop
jq '.patches["not a name"] = {"floor": "1"} | .patches.zoo = {"floor": "2"}' "$STATE" >new && cat new >"$STATE"
trust require_signature=1 good
service_start
expect_eq "$("$remember" list | sort | tr '\n' ' ')" "replace 1.3 zoo 2 " "what the kernel was told"
said "not a name: " || die "sutured says nothing of it: $(cat sutured.out)"
# an unsigned one is not remembered
boot ""
rm "$VAR/replace.spm"
service_start
put static-function
decided static-function applied
expect_eq "$(kept static-function)" "" "an unsigned one"
rm "$VAR"/*.spm
wait_for 20 eval '! loaded static-function'
service_stop
stop one
