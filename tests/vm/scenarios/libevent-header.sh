#!/bin/bash
# meaning: Debian's unmodified libevent adds folded headers, refuses them when patched, as the fixed package does
# arch: x86_64
# limit: 120
# shellcheck source=tests/vm/lib.sh
. /suture/tests/vm/lib.sh
# shellcheck source=tests/targets/lib.sh
. /suture/tests/targets/lib.sh
patch=$(spm libevent-cve-2026-63385)

server_start server vulnerable
server_start reference fixed
before=$(identity "${bg[server]}")
expect_server server vulnerable
expect_server reference fixed

expect_status 0 suture apply "$patch"
expect_server server fixed
expect_server reference fixed
expect_eq "$(count_maps "${bg[reference]}" .spm)" 0 "mappings of the patch in the fixed package's process"
answer=$(greet server 'Two%0d%0a%20Three')
reference=$(greet reference 'Two%0d%0a%20Three')
expect_eq "$(grep -v ^Date: <<<"$answer")" "$(grep -v ^Date: <<<"$reference")" "the patched server's answer"
expect_state libevent-cve-2026-63385 server patched

server_start second vulnerable
expect_server second fixed

expect_status 0 suture revert libevent-cve-2026-63385
expect_server server vulnerable
expect_server second vulnerable
expect_server reference fixed
expect_eq "$(identity "${bg[server]}")" "$before" "the process"
for name in server second; do
	stats=$(server_stats "$name")
	expect_eq "$(field eintr "$stats") $(field early "$stats")" "0 0" "$name: EINTRs and early returns"
done
