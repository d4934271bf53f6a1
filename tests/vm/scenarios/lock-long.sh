#!/bin/bash
# meaning: nothing is left of a try in the midst of which the process locks its mappings
# limit: 180
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# ours: what a patch has in it, also what is only reserved
ours() {
	awk '/\.spm/ || ($2 == "---p" && $6 == "")' "/proc/${pid[busy]}/maps" >"$1"
}

start busy "$T/hazard/locker" "$LIB"
ours before
apply replace
expect_eq "$(proc replace "${pid[busy]}" state)" patched "its state"
ours patched
base=$(awk '/\.spm/ { print substr($1, 1, index($1, "-") - 1); exit }' patched)
revert replace
ours after
diff before after || die "something is left of a patch"

# tries that find the lock taken when the first piece is mapped; later ones come through
met=0
for ((i = 0; i < 5; i++)); do
	is busy ok watch "0x$base"
	expect_status 0 suture apply --timeout 30 "$(spm replace)"
	hear busy
	[ "$answer" != met ] || met=$((met + 1))
	echo "$answer, attempts: $(proc replace "${pid[busy]}" attempts)"
	revert replace
	ours after
	diff before after || die "something is left of a try"
done
[ $met -ge 3 ] || die "only $met of 5 tries found the lock taken"
