#!/bin/bash
# meaning: suture remove takes a patch back for good, over a restart of the service, restore returns it; revert lasts for this boot
# limit: 240
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/service.sh

service_clean
start one "$T/funcs/funcs"
put replace
service_start
becomes 20 one ok new replace
expect_status 0 suture remove replace
expect_match "$output" "replace: removed from this machine.*replace: reverted; it was in 1 process" "what it says"
is one ok old replace
decided replace removed
expect_match "$(suture list)" "replace +1.0 .* removed .*removed from this machine by hand" "the listing"
service_stop
service_start
expect_eq "$(why replace)" removed "after a restart"
# a newer version is no reason
put replace-two replace.spm
nap 1
expect_eq "$(why replace)" removed "with a newer version"
is one ok old replace
expect_status 1 suture apply replace
expect_match "$output" "was removed from this machine: .suture restore replace. first" "apply by name"
expect_status 1 suture apply "$VAR/replace.spm"
expect_match "$output" "was removed from this machine" "apply by file"
# one from elsewhere is root's own affair
expect_status 0 suture apply "$(spm replace)"
is one ok new replace
decided replace by-hand
expect_status 0 suture revert replace
is one ok old replace
expect_status 0 suture restore replace
expect_match "$output" "replace: restored; the service decides" "what it says"
becomes 20 one ok new replace
expect_eq "$(suture list --json | jq -r '.patches[0].version')" 2.0 "the version that is there"
# reverted by hand: it stays out, until the next boot or restore
decided replace applied
expect_status 0 suture revert replace
is one ok old replace
decided replace held
service_stop
service_start
expect_eq "$(why replace)" held "after a restart"
is one ok old replace
sed -i 's/"boot": *"[^"]*"/"boot": "another"/' "$STATE"
becomes 20 one ok new replace
# the baseline: one command, also for what was not applied yet
decided replace applied
expect_status 0 suture revert --all
put static-function
put replace-two replace.spm
decided replace held
decided static-function applied
expect_status 0 suture revert --all
decided static-function held
is one ok old replace
# by hand it comes back, and is the service's again
expect_status 0 suture apply replace
is one ok new replace
decided replace applied
# removed while no service runs, and no such patch
service_stop
expect_status 0 suture remove --json replace
expect_eq "$(jq -r '.patches[0].result' <<<"$output")" "removed from this machine" "as JSON"
is one ok old replace
expect_status 1 suture remove replaec
expect_match "$output" "there is no patch replaec" "a name that is misspelt"
expect_status 0 suture restore replace
expect_match "$output" "the service does not run" "restore without the service"
is one ok old replace
service_start
becomes 20 one ok new replace
# all variants of a name
put replace-plus
wait_for 20 eval '[ -n "$(why replace+other)" ]'
expect_status 0 suture remove replace
decided replace+other removed
is one ok old replace
service_stop
stop one
