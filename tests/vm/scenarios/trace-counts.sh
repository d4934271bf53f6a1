#!/bin/bash
# meaning: suture trace counts every call of old and new code, before, while and after a patch goes in, and says when the old code is dead
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/trace.sh

start one "$T/funcs/funcs"
start two "$T/funcs/funcs"

# before: all calls are of the old code
trace_start before "$(spm replace)"
is one "ok 500" calls 500
is two "ok 3" calls 3
trace_stop before 5
expect_eq "$(traced before one answer old)" 500 "old calls of the first"
expect_eq "$(traced before one answer new)" 0 "new calls of the first"
expect_eq "$(traced before two answer old)" 3 "old calls of the second"
expect_eq "$(verdict before)" alive verdict

# while it goes in, and while it goes out: no call is lost
trace_start during "$(spm replace)"
is one "ok 40" calls 40
apply replace
is one "ok 60" calls 60
expect_eq "$(proc replace "${pid[one]}" state)" patched "state while it is traced"
start late "$T/funcs/funcs"
is late "ok 7" calls 7
revert replace
is one "ok 5" calls 5
is late "ok 9" calls 9
apply replace
is one "ok 11" calls 11
trace_stop during 0
expect_eq "$(traced during one answer old)" 45 "old calls of the first"
expect_eq "$(traced during one answer new)" 71 "new calls of the first"
# its constructor calls once
expect_eq "$(traced during late answer new)" 8 "new calls of one that began meanwhile"
expect_eq "$(traced during late answer old)" 9 "its old calls"
expect_eq "$(standing during one)" old-before "the first one"
expect_eq "$(verdict during)" dead verdict

# after
trace_start after replace
is one "ok 1000" calls 1000
is two "ok 20" calls 20
trace_stop after 0
expect_eq "$(traced after one answer old) $(traced after one answer new)" "0 1000" "calls of the first"
expect_eq "$(traced after two answer old) $(traced after two answer new)" "0 20" "calls of the second"
expect_eq "$(verdict after)" dead verdict
[ "$(cat after.err)" != "" ] || die "it does not say what it traces"

# nothing is left of it
revert replace
for name in one two late; do
	is $name ok old replace
	text "${pid[$name]}" libfuncs.so 0
	stop $name
done
