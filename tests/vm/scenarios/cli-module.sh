#!/bin/bash
# meaning: suture apply loads the module when it is not there, and without it the other commands say so
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/funcs/funcs"
unload_module
expect_status 1 suture status
expect_match "$output" "suture.ko is not loaded" "it says why"
expect_status 1 env -u SUTURE_KO suture apply "$(spm replace)"
expect_match "$output" "not installed for this kernel" "no module to be found"
expect_status 1 suture apply --module /suture/README.md "$(spm replace)"
expect_status 1 env -u SUTURE_KO suture doctor
expect_match "$output" "this machine is not ready" "doctor without a module"
expect_status 0 suture doctor
expect_match "$output" "not loaded yet; .suture apply. loads" "doctor with one that can be loaded"
# nothing to patch is no reason to load it
expect_status 3 suture apply "$(spm wrong-build)"
! module_loaded || die "the module was loaded for nothing"
expect_status 0 suture apply "$(spm replace)"
module_loaded || die "the module is not loaded"
is one ok new replace
expect_eq "$(suture doctor --json | jq '.ready and ([.checks[].ok] | all)')" true "ready"
revert replace
