#!/bin/bash
# meaning: a policy that changes while patches are in force: they keep their rules until they are applied anew; an excluded target is left alone; a policy that cannot be read changes nothing
# limit: 200
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/service.sh

policy=/etc/suture/policy.d/test.conf

# rule LINES...: the policy, at once
rule() {
	printf '%s\n' "$@" >/etc/suture/policy.d/.new
	mv /etc/suture/policy.d/.new $policy
}

service_clean
mkdir -p /etc/suture/policy.d
cp "$T/funcs/funcs" other
export LD_LIBRARY_PATH=$T/funcs
start one "$T/funcs/funcs"
start two ./other
put replace
service_start
becomes 20 one ok new replace
becomes 20 two ok new replace
decided replace applied

# an executable is excluded: what is in force stays as it is, for new processes as well
rule "exclude-exe=$PWD/other"
put static-function
decided static-function applied
is two ok new replace
is two ok old static-function
expect_eq "$(proc static-function "${pid[two]}" reason)" scope "why not in that process"
expect_eq "$(why replace)" applied "the patch that was in force"
start three ./other
is three ok new replace
is three ok old static-function
service_stop
service_start
decided replace applied
is two ok new replace
# applied anew, it is for the others only
expect_status 0 suture revert replace
expect_status 0 suture restore replace
becomes 20 one ok new replace
decided replace applied
is two ok old replace
is three ok old replace
start four ./other
is four ok old replace

# a policy that cannot be read: nothing is done, and it is said
rule "exclude-everything=yes"
wait_for 20 said "test.conf:1: "
wait_output sutured 'STATUS=.*test.conf:1'
put imports
nap 2
! loaded imports || die "it is applied without a policy"
is one ok new replace
rm "$VAR/static-function.spm"
nap 2
loaded static-function || die "it is reverted without a policy"
page=$(suture report)
expect_match "$page" 'class="note">[^<]*test.conf:1: ' "suture report"

# the target is excluded: what is in force stays, and nothing new comes
rule "exclude-target=$LIB"
wait_for 20 eval '! loaded static-function'
decided imports excluded
decided replace excluded
is one ok new replace
is two ok old replace
expect_match "$(suture list)" "replace .* applied .*excluded by the configuration or the policy" "suture list"
expect_match "$(suture report)" "excluded</span>.*$LIB|$LIB.*excluded</span>" "suture report"
rm "$VAR/replace.spm"
becomes 20 one ok old replace
put replace
decided replace excluded
is one ok old replace

# no policy: for all of them
rm $policy
for name in one two three four; do
	becomes 20 $name ok new replace
done
decided imports applied
rm "$VAR"/*.spm
wait_for 20 eval '[ -z "$(ls /sys/kernel/suture)" ]'
service_stop
for name in one two three four; do
	stop $name
done
