#!/bin/bash
# meaning: six times in and out of a browser with 10 content threads, of which 2 never sleep; no page and no call fails
# limit: 240
# shellcheck source=tests/vm/lib.sh
. /suture/tests/vm/lib.sh
# shellcheck source=tests/targets/lib.sh
. /suture/tests/targets/lib.sh
patch=$(spm navigation-origin)

browser_start tab -t 10 -b 2
before=$(identity "${bg[tab]}")
for round in {1..6}; do
	browser tab reset >/dev/null
	suture apply "$patch" || die "round $round: apply"
	suture revert navigation-origin || die "round $round: revert"
	stats=$(browser tab stats)
	# Pages that ran meanwhile: hostile ones either way, all others as always.
	expect_eq "$(sum honest_failed "$stats") $(sum foreign_ok "$stats")" "0 0" "round $round: wrong pages"
done
expect_pages tab hostile
suture apply "$patch" || die "apply"
expect_pages tab fixed
suture revert navigation-origin || die "revert"
expect_pages tab hostile
expect_eq "$(identity "${bg[tab]}")" "$before" "the process"
expect_undisturbed tab
browser_quits tab
