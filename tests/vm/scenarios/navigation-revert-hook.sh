#!/bin/bash
# meaning: the fix of a browser marks entries that were forged before it came; the hook takes the marks away when it is reverted, and without the hook they stay
# limit: 180
# shellcheck source=tests/vm/lib.sh
. /suture/tests/vm/lib.sh
# shellcheck source=tests/targets/lib.sh
. /suture/tests/targets/lib.sh
patch=$(spm navigation-origin)
mutant=$(spm navigation-origin-no-hook)

# A page forges its address, and goes on to one of its own. Unpatched, that works.
forge() {
	expect_eq "$(browser "$1" open http://127.0.0.1:8000/)" "url=http://127.0.0.1:8000/" "$1: a page"
	expect_eq "$(browser "$1" go http://127.0.0.1:8001/account)" \
		"url=http://127.0.0.1:8001/account intercepted=true loaded=false spoofed=true" "$1: forges"
	expect_eq "$(browser "$1" go http://127.0.0.1:8000/home)" \
		"url=http://127.0.0.1:8000/home intercepted=true loaded=false spoofed=false" "$1: goes on"
}

# Through the history to the first entry and to the last again: no page is loaded,
# patched or not.
wander() {
	browser "$1" back 2
	browser "$1" back -2
}

# Back to the forged entry, and what there is then.
back_to_forged() {
	browser "$1" back 1
	browser "$1" show
}

# What a process that was never patched has in memory, and does.
browser_start never
forge never
never_wander=$(wander never)
never_show=$(browser never show)
expect_match "$never_show" 'entry=1 url=http://127.0.0.1:8001/account load=this' "the forged entry"
never_back=$(back_to_forged never)
expect_match "$never_back" 'loaded=false spoofed=true' "it is shown again, without a load"
browser_quits never

# What the marks are for: entries that were forged before do not work any more.
browser_start before
forge before
expect_status 0 suture apply "$patch"
expect_eq "$(browser before back 1)" \
	"url=http://127.0.0.1:8001/account intercepted=false loaded=true spoofed=false" \
	"patched: back to the forged entry"
expect_status 0 suture revert navigation-origin
browser_quits before

# marked PATCH-FILE NAME: a process with marks, and then without the patch
marked() {
	forge "$2"
	expect_status 0 suture apply "$1"
	expect_eq "$(wander "$2")" "$never_wander" "$2, patched: through the history"
	expect_match "$(browser "$2" show)" 'entry=1 url=http://127.0.0.1:8001/account load=none-that-was' \
		"$2, patched: the forged entry is marked"
	# Others of its kind come and go meanwhile.
	expect_pages "$2" fixed
	expect_status 0 suture revert "$(basename "$1" .spm)"
	expect_pages "$2" hostile
}

browser_start tab -b 1
before=$(identity "${bg[tab]}")
for round in 1 2 3; do
	marked "$patch" tab
	expect_eq "$(browser tab show)" "$never_show" "round $round: data after the revert"
	expect_eq "$(back_to_forged tab)" "$never_back" "round $round: back to the forged entry"
done
expect_eq "$(identity "${bg[tab]}")" "$before" "the process"
expect_undisturbed tab
browser_quits tab

# The same patch without its hook leaves data that the old code does not understand.
browser_start mutant
marked "$mutant" mutant
[ "$(browser mutant show)" != "$never_show" ] || die "without the hook the data are the same"
ok "without the hook the mark stays: $(browser mutant show | grep entry=1)"
expect_match "$(browser mutant back 1)" 'loaded=true' "without the hook the page is lost"
browser_quits mutant
