#!/bin/bash
# meaning: hostile pages succeed in every thread of a browser, fail when it is patched, succeed when it is reverted
# limit: 120
# shellcheck source=tests/vm/lib.sh
. /suture/tests/vm/lib.sh
# shellcheck source=tests/targets/lib.sh
. /suture/tests/targets/lib.sh
patch=$(spm navigation-origin)

# expect_navigation FROM TO CAN_INTERCEPT SPOOFED
expect_navigation() {
	local answer
	answer=$(browser tab navigate "$1" "$2")
	expect_match "$answer" "^canIntercept=$3 intercepted=$3 .*spoofed=$4\$" "$1 to $2: $answer"
}

# what SPOOFED: all that the check has to tell apart
navigations() {
	expect_navigation http://127.0.0.1:8000/ http://127.0.0.1:8001/account "$1" "$1"
	expect_navigation https://blog.shop.co.uk/ https://pay.shop.co.uk/ "$1" "$1"
	expect_navigation http://mallory@example.org/ http://alice@example.org/ "$1" "$1"
	expect_navigation http://a:b@example.org/ http://a:c@example.org/ "$1" "$1"
	expect_navigation http://example.org/ http://example.org/next?q#f true false
	expect_navigation https://example.org/ https://EXAMPLE.org:443/next true false
	expect_navigation http://a:b@example.org/ /next true false
	expect_navigation file:///doc/index.html '#end' true false
	expect_navigation file:///doc/index.html file:///doc/other.html false false
	expect_navigation http://example.org/ https://example.org/ false false
	expect_navigation https://one.github.io/ https://two.github.io/ false false
	expect_navigation data:text/html,x https://example.org/ false false
}

browser_start tab
before=$(identity "${bg[tab]}")
expect_pages tab hostile
navigations true

expect_status 0 suture apply "$patch"
expect_eq "$(count_maps "${bg[tab]}" navigation-origin.spm | sed 's/[1-9][0-9]*/some/')" some "mappings of the patch"
expect_pages tab fixed
navigations false
expect_eq "$(identity "${bg[tab]}")" "$before" "the process"
expect_state navigation-origin tab patched

expect_status 0 suture revert navigation-origin
expect_eq "$(count_maps "${bg[tab]}" navigation-origin.spm)" 0 "mappings of the patch"
expect_pages tab hostile
navigations true
expect_eq "$(identity "${bg[tab]}")" "$before" "the process"
expect_undisturbed tab
browser_quits tab
