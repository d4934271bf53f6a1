#!/bin/bash
# meaning: while a page animates and compiled JavaScript runs in two threads, the patch goes in and out 100 times: no crash, no hang, no wrong result
# limit: 1500
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/webkit/lib.sh

# kib PID: resident, of memory that may be written and run, or is private and run: what was compiled
compiled() {
	awk '/^[0-9a-f]+-[0-9a-f]+ / { mine = $2 ~ /x/ && NF == 5 } mine && /^Rss:/ { sum += $2 } END { print sum + 0 }' "/proc/$1/smaps"
}

# figure NAME: of $answer
measure() {
	js 'figures()' >/dev/null
	sleep "$1"
	answer=$(js 'return figures()')
}

web_begin
browser_begin
id=$(js 'return id' | jq -r .)
page=$(page_pid)
start=$(start_time "$page")
js 'load(true)' >/dev/null
wait_for 60 eval "[ \$(js 'return frames.told') -gt 20 ]"
ok "KiB of compiled code in the web process: $(compiled "$page")"
[ "$(compiled "$page")" -gt 0 ] || die "no JavaScript is compiled"
measure 30
ok "30 s without patching: $answer"
quiet=$(told .longest)

begin=$(now_ms)
"$T/hazard/turns" -d 50 "$(spm "$PATCH")" 100 "$LIBRARY" >turns.out 2>&1 || die "$(cat turns.out)"
took=$(($(now_ms) - begin))
cat turns.out
answer=$(js 'return figures()')
ok "100 times in and out in $took ms: $answer"
expect_eq "$(told .wrong)" 0 "wrong results of compiled JavaScript"
frames=$(told .frames) worked=$(told .told) longest=$(told .longest)
page_is "$id" "$page" "$start"
differs "$page" 0
measure 20
[ "$(told .frames)" -gt "$frames" ] && [ "$(told .told)" -gt "$worked" ] || die "the page stands still: $answer"
expect_eq "$(told .wrong)" 0 "wrong results of compiled JavaScript, later"
can_intercept "$B/account"
can_intercept "$A/page"
ok "the longest gap between two frames: $longest ms, before the patch went in and out: $quiet ms"
browser_end
