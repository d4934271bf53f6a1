#!/bin/bash
# meaning: --uid and --except uid: a patch keeps to the processes of some users, present and later ones, by their real user id
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

chmod 755 /tmp /tmp/work
cp "$T/machine/guarded" setuid-65534
chown 65534 setuid-65534
chmod 4755 setuid-65534
as() {
	local uid=$1 name=$2
	shift 2
	start "$name" setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"
}
as 1000 user "$T/funcs/funcs"
as 65534 nobody "$T/funcs/funcs"
as 1000 elevated ./setuid-65534
start root "$T/funcs/funcs"
apply replace --uid nobody --uid 0
expect_match "$(suture status replace)" "only for uid 0 \(root\), uid 65534 \(nobody\)" "status names the users"
as 1000 user-later "$T/funcs/funcs"
as 65534 nobody-later "$T/funcs/funcs"
as 1000 elevated-later ./setuid-65534
check() {
	local name=$1 wanted=$2 reason=-
	[ "$wanted" = patched ] || reason=scope
	[ "$wanted" = patched ] || wanted="not applicable"
	expect_eq "$(proc replace "${pid[$name]}" state) $(proc replace "${pid[$name]}" reason | sed 's/none/-/')" \
		"$wanted $reason" "$name"
	if [ $reason = scope ]; then
		is "$name" ok old replace
	else
		is "$name" ok new replace
	fi
}
for name in root nobody nobody-later; do
	check $name patched
done
for name in user user-later elevated elevated-later; do
	check $name out
done
revert replace
apply replace --except uid:65534 --except uid:0
for name in user user-later elevated elevated-later; do
	check $name patched
done
for name in root nobody nobody-later; do
	check $name out
done
revert replace
# who is named and excepted is excepted
apply replace --uid 1000 --except "pid:${pid[user]}"
check user out
check user-later patched
check root out
revert replace
expect_status 2 suture apply --uid no-such-user "$(spm replace)"
expect_match "$output" "no user of the name or number no-such-user" "a user that is not there"
expect_status 2 suture apply --except user:0 "$(spm replace)"
