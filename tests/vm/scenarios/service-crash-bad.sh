#!/bin/bash
# meaning: a patch that crashes in one call of ten is taken back by itself, everywhere and at once, and marked bad with the evidence; not tried again but in a newer version, or when the owner says so
# limit: 300
# kernel-allow: (funcs|dies)\[[0-9]+\]: segfault
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/service.sh

dies=$T/service/dies
# gone SECONDS: the patch is out of every process in this time
gone() {
	becomes "$1" two ok old replace
	wait_for 20 eval "! loaded harm"
	decided harm bad
}

service_clean
for name in one two three; do
	start $name "$T/funcs/funcs"
done
service_start
watched
put harm
decided harm applied
is one ok new replace
is two ok new replace
# nine calls are fine, in many processes
for _ in 1 2 3; do
	"$dies" fine 8
done
is two ok new replace
expect_eq "$(why harm)" applied "what is thought of it"

# the tenth is not
tell one calls 10
gone 2
expect_le "$took" $((1000 * ${SUTURE_FACTOR:-1})) "milliseconds from the crash until another process has the old code"
is three ok old replace
"$dies" fine 9
listing=$(suture list)
expect_match "$listing" "harm +1.0 +- +bad " "the listing"
expect_match "$listing" "a newer version is waited for" "and what comes"
expect_match "$listing" "version 1.0 was taken back .*: .*/funcs: SIGSEGV at 0x[0-9a-f]+ \(harm.spm\+0x[0-9a-f]+\), in the patch; process ${pid[one]}, user 0" "and the evidence"
expect_match "$(suture status)" "harm: bad on this machine.*/funcs: SIGSEGV at .* in the patch; process ${pid[one]}" "the status has it, too"
expect_eq "$(suture status --json | jq -c '.bad[0] | [.name, .version, .signal, .in_patch]')" '["harm","1.0","SIGSEGV",true]' "for programs"
expect_match "$(suture list --json | jq -r '.patches[0].bad.executable')" "/funcs$" "the executable"
said "harm 1.0: it does harm, taking it back" || die "sutured does not say so: $(cat sutured.out)"
expect_status 1 suture apply harm
expect_match "$output" "did harm on this machine" "by hand it is refused as well"

# not again: neither when it is told to look, nor when it is started again
kill -HUP "$service_pid"
nap 1
decided harm bad
is two ok old replace
service_stop
service_start
watched
decided harm bad
is two ok old replace

# the owner may want it all the same. Then it is judged anew: a call from the patch that leads
# nowhere is the patch's
rm "$VAR/harm.spm"
put harm-call harm.spm
decided harm bad
suture restore harm
decided harm applied
is two ok new replace
tell three calls 10
gone 2
expect_match "$(suture list)" "SIGSEGV at 0x0, called from the patch; process ${pid[three]}" "the evidence"

# a newer version is tried
put harm-two harm.spm
decided harm applied
becomes 20 two ok new replace
"$dies" fine 9
expect_eq "$(suture list --json | jq -r '.patches[0] | [.version, .bad.version] | join(" ")')" "1.1 1.0" "what is in force, and what was bad"
service_stop
suture revert harm
wait "${pid[one]}" "${pid[three]}" || true
unset "pid[one]" "pid[three]"
stop two
