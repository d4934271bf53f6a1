#!/bin/bash
# meaning: an ordinary user who crashes processes of his own takes no patch from others; two of them do, and each one where nobody else has it
# limit: 240
# kernel-allow: dies\[[0-9]+\]: segfault
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/service.sh

dies=$T/service/dies
# as UID COMMAND...
as() {
	local uid=$1
	shift
	setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"
}

service_clean
service_start
watched
start one "$T/funcs/funcs"
put harm
decided harm applied
# in a namespace of his own he is whoever he likes, and still himself
dead as 1000 "$dies" null 9
dead as 1000 unshare --user --map-root-user "$dies" null 9
wait_for 20 said "only to an ordinary user.*user 1000"
wait_for 20 eval '[ "$("$T/tools/pick" patches 0 crashes_in_patch </run/suture/sutured.json)" = 2 ]'
nap 1
expect_eq "$(jq -c '.patches[0] | [.why, .crashes, .crashes_in_patch]' /run/suture/sutured.json)" '["applied",2,2]' "what is counted"
is one ok new replace
dead as 1001 "$dies" null 9
becomes 5 one ok old replace
decided harm bad
expect_match "$(suture list)" "2 died in the patch|3 died in the patch" "the evidence"

# nobody else has it: then it is his to lose
stop one
start his setpriv --reuid 1000 --regid 1000 --clear-groups "$T/funcs/funcs"
suture restore harm
decided harm applied
dead as 1000 "$dies" null 9
becomes 5 his ok old replace
decided harm bad
stop his

# as it was wanted
start one "$T/funcs/funcs"
printf '[Watch]\nUsers=1\n' >/etc/suture/suture.conf
suture restore harm
decided harm applied
becomes 20 one ok new replace
dead as 1000 "$dies" null 9
becomes 5 one ok old replace
decided harm bad
rm "$VAR/harm.spm"
service_stop
stop one
