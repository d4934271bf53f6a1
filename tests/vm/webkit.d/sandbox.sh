#!/bin/bash
# meaning: the same with WebKit's sandbox on: bubblewrap, seccomp, a pid namespace, no right to anything
# limit: 1500
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/webkit/lib.sh

web_begin
browser_begin --enable-sandbox
page=$(page_pid)
expect_eq "$(of_status "$page" Seccomp)" 2 "seccomp of the web process (2: a filter)"
expect_eq "$(of_status "$page" NoNewPrivs)" 1 "no new privileges"
expect_eq "$(of_status "$page" CapEff)" 0000000000000000 "capabilities"
expect_no_match "$(readlink "/proc/$page/ns/pid")" "^$(readlink /proc/self/ns/pid | sed 's/[][]/\\&/g')$" "a pid namespace of its own"
expect_no_match "$(readlink "/proc/$page/ns/mnt")" "^$(readlink /proc/self/ns/mnt | sed 's/[][]/\\&/g')$" "and a mount namespace"
proof sandbox
browser_end
