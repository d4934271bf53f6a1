#!/bin/bash
# meaning: a signed patch is refused when a newer version of it has been seen; what is remembered is raised, never lowered
# limit: 240
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/sign.sh

remember=$SIGN/remember
start one "$T/funcs/funcs"
versioned 1.0 good v10.spm
versioned 1.2 good v12.spm
versioned 1.1 other v11.spm
start stack "$T/stack/stack"
cp "$(spm replace-low)" wrong.spm
suture sign --key "$SIGN/keys/good.key" --cert "$SIGN/keys/good.der" wrong.spm
older='replace 1.0: a newer version, 1.2, has been seen'

trust require_signature=1 good other
expect_eq "$("$remember" list)" "" "what is remembered at first"
taken v10.spm
expect_eq "$("$remember" list)" "replace 1.0" "what is remembered"
taken v12.spm
refused v10.spm "$older"
# by whomever it is signed
refused v11.spm 'replace 1.1: a newer version, 1.2, has been seen'
taken v12.spm
# also while the newer one is loaded
suture apply v12.spm
expect_status 1 suture apply v10.spm
expect_match "$output" "$older" "the refusal beside the newer one"
is one ok new replace
revert replace
# what was not loaded has not been seen
expect_status 1 suture apply wrong.spm
expect_match "$output" "stack-low, which is not loaded" "the kernel's refusal, behind the signature"
expect_eq "$("$remember" list)" "replace 1.2" "what is remembered after that"

# another life of the module knows nothing; what user space has kept is handed back
trust require_signature=1 good other
expect_eq "$("$remember" list)" "" "what a new module remembers"
expect_eq "$("$remember" raise replace 1.1)" 1.1 "handed back"
expect_eq "$("$remember" raise replace 1.2)" 1.2 "raised"
expect_eq "$("$remember" raise replace 1.10~rc1)" "1.10~rc1" "raised, 10 is more than 2"
expect_eq "$("$remember" raise replace 1.2)" "1.10~rc1" "not lowered"
expect_eq "$("$remember" raise replace '')" "1.10~rc1" "not taken away"
refused v12.spm 'replace 1.2: a newer version, 1.10~rc1, has been seen'
# no more than so many names
expect_eq "$("$remember" fill)" "1023, then ENOSPC" "names there is room for"
expect_eq "$("$remember" raise replace 2)" 2 "one that is remembered is raised still"

# a name that there is no room for is not let in unremembered
trust require_signature=1 good other
expect_eq "$("$remember" fill)" "1024, then ENOSPC" "names there is room for"
refused v10.spm 'replace 1.0: there is no room to remember its version'

# where none is required everybody may go back; what was seen counts when one is
trust "" good other
apply replace
revert replace
expect_eq "$("$remember" list)" "" "an unsigned one is not remembered"
taken v12.spm
kernel_mark back
taken v10.spm
expect_match "$(kernel_log_since back)" "suture: .*$older" "the kernel's log of going back"
apply replace
revert replace
echo 1 >/sys/module/suture/parameters/require_signature
refused v10.spm "$older"
taken v12.spm
stop stack
stop one
