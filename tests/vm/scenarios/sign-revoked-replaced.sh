#!/bin/bash
# meaning: a revoked patch and the revoked one that it has replaced go together, or one by one: the older does not come back
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/sign.sh

trust "" good
start keeps "$T/stack/stack"
start other "$T/stack/stack"
apply stack-low
# a breakpoint where only the new one writes: that process keeps the old one
at=$(($(load_address "${pid[keeps]}" libstack.so) + $(old_address replace-low stay)))
printf '\xcc' | dd of="/proc/${pid[keeps]}/mem" bs=1 seek=$at conv=notrunc status=none
expect_status 5 suture apply "$(spm replace-low)"
is keeps "101 102 3" values
is other "401 2 3" values

revocations good list 1 "stack-low *" "replace-low *"
suture revoke --json list >said || die "suture revoke: $(cat said)"
expect_eq "$(jq -r '[.patches[].name] | join(" ")' said)" "stack-low replace-low" "what goes"
is keeps "1 2 3" values
is other "1 2 3" values
expect_eq "$(patches_listed)" 0 "patches loaded"
expect_eq "$(count_maps "${pid[keeps]}" .spm) $(count_maps "${pid[other]}" .spm)" "0 0" \
	"mappings of patches"

# one that was revoked and is still loaded does not come back either when the other goes
trust "" good
apply stack-low
expect_status 5 suture apply "$(spm replace-low)"
is keeps "101 102 3" values
is other "401 2 3" values
revocations good list 1 "stack-low *"
expect_eq "$("$SIGN/remember" revoke list)" stack-low "what is to go"
is keeps "101 102 3" values
revert replace-low
is other "1 2 3" values
wait_for 5 eval '! loaded stack-low'
is keeps "1 2 3" values
stop other
