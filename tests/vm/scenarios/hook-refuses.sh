#!/bin/bash
# meaning: a pre_patch hook refuses and the process stays as it was, with the number in status; a pre_unpatch hook keeps the patch
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# refused_with NUMBER: in one look, since it is tried again and again, and while it is being
# tried there may be no number for a moment
refused_with() {
	local said
	said=$(suture status --json hooked)
	[ "$("$T/tools/pick" patches 0 processes "pid=${pid[no]}" state <<<"$said")" = refused ] &&
		[ "$("$T/tools/pick" patches 0 processes "pid=${pid[no]}" error <<<"$said")" = "$1" ]
}

start yes "$T/hooks/hooked"
start no "$T/hooks/hooked"
is no ok deed 1 1 42
before=$(maps "${pid[no]}")
expect_status 5 suture apply "$(spm hooked)"
expect_eq "$(proc hooked "${pid[yes]}" state)" patched "the one"
expect_eq "$(proc hooked "${pid[no]}" state)" refused "the other"
expect_eq "$(proc hooked "${pid[no]}" error)" 42 "its number"
is no 2 call
ask no log
expect_match "$answer" '^1:2( 1:2)*$' "only pre_patch was run"
expect_eq "$(maps "${pid[no]}")" "$before" "its mappings"
is yes 101 call
is yes "1:2 2:101" log
revert hooked
is yes "3:101 4:2" log
is no none log

# what post_patch says does not matter
is no ok deed 1 0 0
is no ok deed 2 1 13
apply hooked
expect_eq "$(proc hooked "${pid[no]}" state)" patched "after a post_patch that says no"
is no "1:2 2:101" log
ask yes log

# out of the one, not of the other, until it agrees
is no ok deed 3 1 -7
suture revert --no-wait hooked
wait_for 20 refused_with -7
is no 101 call
is yes 2 call
is no ok deed 3 0 0
wait_for 20 eval '! loaded hooked'
is no 2 call
ask no log
expect_match "$answer" '^3:101.* 3:101 4:2$' "pre_unpatch again and again, post_unpatch once"
stop yes
stop no
