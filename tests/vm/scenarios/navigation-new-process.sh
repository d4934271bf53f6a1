#!/bin/bash
# meaning: a browser started after the patch is patched before its first page, and reverted with the others
# limit: 120
# shellcheck source=tests/vm/lib.sh
. /suture/tests/vm/lib.sh
# shellcheck source=tests/targets/lib.sh
. /suture/tests/targets/lib.sh
patch=$(spm navigation-origin)

browser_start old
expect_status 0 suture apply "$patch"
browser_start new
# Not one hostile page has succeeded in it, from the first one on: nothing was reset.
many_failed() {
	[ "$(sum hostile_failed "$(browser new stats)")" -gt 50 ]
}
wait_for 20 many_failed
expect_eq "$(sum hostile_ok "$(browser new stats)")" 0 "hostile successes in the new process"
expect_pages old fixed
expect_pages new fixed
for name in old new; do
	expect_state navigation-origin "$name" patched
done

expect_status 0 suture revert --all
expect_pages old hostile
expect_pages new hostile
browser_start newest
expect_pages newest hostile
for name in old new newest; do
	expect_undisturbed "$name"
	browser_quits "$name"
done
