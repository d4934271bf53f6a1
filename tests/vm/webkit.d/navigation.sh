#!/bin/bash
# meaning: CVE-2026-20643 in Debian's WebKitGTK: closed in a browser that runs, in new web processes from their first instruction, and back after the revert
# limit: 1500
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/webkit/lib.sh

web_begin
browser_begin
proof plain
browser_end
