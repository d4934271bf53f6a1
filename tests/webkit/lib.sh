# shellcheck shell=bash
# For the scenarios of tests/vm/webkit.d, after talk.sh: a browser of Debian's under Xvfb, two
# origins, and pages that do what they are told. Nothing of it is made for Suture.

web=/suture/tests/webkit
engine=/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1
LIBRARY=$(realpath /usr/lib/x86_64-linux-gnu/libwebkit2gtk-4.1.so.0)
A=http://127.0.0.1:8000 B=http://127.0.0.1:8001 OTHER=http://localhost:8000
kept=/run/vm/kept
PATCH=webkit-navigation-origin
# An emulated browser takes its time.
PATIENCE=$((120 * ${SUTURE_FACTOR:-1}))
export PATIENCE

# The origins and the screen, once for a scenario.
web_begin() {
	[ -x "$engine/MiniBrowser" ] || die "there is no MiniBrowser in $engine"
	id web >/dev/null 2>&1 || useradd --create-home --shell /bin/bash web
	mkdir -p fb $kept
	chmod 711 . # the user is another one
	start_bg origins "$web/origins" "$web"
	start_bg screen Xvfb :1 -screen 0 1024x640x24 -fbdir fb -nolisten tcp -ac
	wait_for 60 test -S /tmp/.X11-unix/X1
	wait_for 60 curl -sS $A/documents
}

# browser_begin [OPTIONS]: MiniBrowser as a user without rights, its own session bus. Waits
# until its page has said hello. start_bg gives its processes a random layout of memory.
browser_begin() {
	local before
	before=$(documents)
	runtime=/run/user-web
	rm -rf $runtime
	install -d -o web -m 700 $runtime
	start_bg browser setpriv --reuid web --regid web --init-groups env -i \
		HOME=/home/web USER=web LANG=C.UTF-8 PATH=/usr/bin:/bin DISPLAY=:1 XDG_RUNTIME_DIR=$runtime \
		NO_AT_BRIDGE=1 GSK_RENDERER=cairo LIBGL_ALWAYS_SOFTWARE=1 WEBKIT_DISABLE_DMABUF_RENDERER=1 \
		dbus-run-session -- "$engine/MiniBrowser" --features=+NavigationAPI --geometry=1024x640 "$@" "$A/page"
	wait_for 240 eval "[ \$(documents) -gt $before ]"
}

# The session bus ends with MiniBrowser, and nothing of it stays.
browser_end() {
	kill "$(browser_pids MiniBrowser)"
	wait_bg browser
	wait_for 60 eval '[ -z "$(browser_pids)" ]'
	rm -f /tmp/.X11-unix/X1
	stop_bg screen
	stop_bg origins
}

# documents: how many have said hello so far
documents() {
	curl -sS $A/documents | jq length
}

# js CODE: what the page says, as compact JSON
js() {
	curl -sS --max-time $((PATIENCE + 10)) --data-binary "$1" $A/do | jq -c .
}

# try_to URL: a page navigates and wants to handle that itself; the answer is in $answer
try_to() {
	answer=$(js "return await tryTo('$1')")
	echo "   $(jq -r .origin <<<"$answer"), to $1: $answer"
}

# told FILTER: of $answer
told() {
	jq -r "$1" <<<"$answer"
}

# can_intercept URL: and it does; the document shows the URL then
can_intercept() {
	try_to "$1"
	[ "$(told '"\(.canIntercept) \(.intercepted) \(.committed) \(.url)"')" = "true true true $1" ] ||
		die "the page does not intercept $1: $answer"
	ok "intercepted, document.URL is $1, self.origin is $(told .origin)"
}

# cannot_intercept URL: and the address does not change
cannot_intercept() {
	local before
	before=$(js 'return document.URL' | jq -r .)
	try_to "$1"
	[ "$(told '"\(.canIntercept) \(.intercepted) \(.error) \(.committed) \(.url)"')" = \
		"false false SecurityError false $before" ] ||
		die "the page is not refused $1 as it should: $answer"
	ok "refused (SecurityError), document.URL is still $before"
}

# browser_pids [NAME]: the processes that map the library, of all kinds or of one (MiniBrowser,
# WebKitWebProcess, WebKitNetworkProcess). In a sandbox paths are others.
browser_pids() {
	local pid name=${1:-}
	for pid in $(mappers "/$(basename "$LIBRARY")"); do
		[[ $(cat "/proc/$pid/comm") = "${name:0:15}"* ]] && echo "$pid"
	done
	true
}

# cpu PID: clock ticks that it has used
cpu() {
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

# page_pid: the web process in which the newest document lives: the one that works when it does
page_pid() {
	local pid most=-1 second=-1 best used
	declare -A before=()
	for pid in $(browser_pids WebKitWebProcess); do
		before[$pid]=$(cpu "$pid")
	done
	js 'const end = performance.now() + 3000; while (performance.now() < end); return true' >/dev/null
	for pid in "${!before[@]}"; do
		used=$(($(cpu "$pid" 2>/dev/null || echo 0) - before[$pid]))
		if [ $used -gt $most ]; then
			second=$most most=$used best=$pid
		elif [ $used -gt $second ]; then
			second=$used
		fi
	done
	# On a busy host the guest does not see all of its own time.
	[ $most -gt 10 ] && [ $most -gt $((2 * second)) ] ||
		die "which web process works when the page does? ${!before[*]}: $most ticks, then $second"
	echo "$best"
}

# picture NAME: what the screen shows, in build/vm/x86_64/kept/NAME.png on the host
picture() {
	js 'await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))' >/dev/null
	sleep 1
	"$web/screenshot" fb/Xvfb_screen0 "$kept/$1.png"
	ok "a picture of it: $1.png"
}

# page_is ID PID START: the same document, in the same process, as before
page_is() {
	expect_eq "$(js 'return id' | jq -r .)" "$1" "the document, by what it chose for a name"
	expect_eq "$2 $(start_time "$2")" "$2 $3" "the web process and when it was started"
}

# all_patched WEB: every process of the browser, says suture status; of them at least so many web processes
all_patched() {
	local pid state nr=0
	[ "$(browser_pids WebKitWebProcess | wc -l)" -ge "$1" ] || die "not $1 web processes: $(browser_pids | xargs)"
	for pid in $(browser_pids); do
		state=$(proc $PATCH "$pid" state)
		[ "$state" = patched ] || [ ! -e "/proc/$pid" ] || die "$(tr '\0' ' ' <"/proc/$pid/cmdline") ($pid): $state"
		nr=$((nr + 1))
	done
	[ $nr -ge $(($1 + 2)) ] || die "there are only $nr processes"
	ok "$nr processes of the browser are patched: $(for pid in $(browser_pids); do cat "/proc/$pid/comm"; done | sort | uniq -c | xargs)"
}

# differs PID PLACES: the text of the library in the process, against the file
differs() {
	local lines
	lines=$("$T/tools/textcheck" "$1" "$(basename "$LIBRARY")")
	[[ $lines == *"$2 places, "* ]] || die "the library's text in process $1: $lines, not $2 places"
	ok "the library's text in process $1 ($(cat "/proc/$1/comm")) differs from its file in $2 places: ${lines//$'\n'/; }"
}

# How the page is to behave, vulnerable or fixed. Leaves it at $A/page.
vulnerable() {
	can_intercept $B/account
	picture "$1"
	can_intercept $A/page
	can_intercept http://user:secret@127.0.0.1:8000/page
	can_intercept $A/page
	honest
}

fixed() {
	cannot_intercept $B/account
	picture "$1"
	cannot_intercept http://user:secret@127.0.0.1:8000/page
	cannot_intercept http://user@127.0.0.1:8000/page
	honest
}

# what no patch may change
honest() {
	can_intercept $A/inbox?next=1
	can_intercept "$A/inbox?next=1#part"
	expect_eq "$(told .hashChange)" true "hashChange of the navigation to a fragment"
	can_intercept $A/page
	cannot_intercept $OTHER/page
}

# The whole proof, with the browser that runs already: proof NAME
proof() {
	local id page start new before pid others
	id=$(js 'return id' | jq -r .)
	page=$(page_pid)
	start=$(start_time "$page")
	ok "the page lives in web process $page, $(count_threads "$page") threads"
	picture "$1-1-before"
	vulnerable "$1-2-vulnerable"

	suture apply "$(spm $PATCH)"
	fixed "$1-3-patched"
	page_is "$id" "$page" "$start"
	expect_eq "$(page_pid)" "$page" "the process in which the page works"
	all_patched 1
	differs "$page" 1

	# A cross-site navigation: another web process. Its first script tries at once.
	before=$(documents) others=" $(browser_pids WebKitWebProcess | xargs) "
	js "location.href = '$OTHER/page?at-once=http://localhost:8001/account'; return 1" >/dev/null
	wait_for 120 eval "[ \$(documents) -gt $before ]"
	answer=$(curl -sS $A/documents | jq -c '.[-1].atOnce')
	echo "   $answer"
	expect_eq "$(told '"\(.canIntercept) \(.error) \(.url) \(.origin)"')" \
		"false SecurityError $OTHER/page?at-once=http://localhost:8001/account $OTHER" \
		"what the new process's first script got"
	new=$(page_pid)
	[[ $others != *" $new "* ]] || ok "(that process waited prewarmed since before)"
	[ "$new" != "$page" ] || die "a cross-site navigation stayed in the same web process"
	differs "$new" 1
	all_patched 1
	# One more is started for the next site, and has no page yet.
	wait_for 120 eval '[ "$(browser_pids WebKitWebProcess | wc -l)" -ge 3 ]'
	all_patched 3
	for pid in $(browser_pids); do
		differs "$pid" 1
	done
	suture status --verify $PATCH

	revert $PATCH
	[ "$(browser_pids | wc -l)" -ge 4 ] || die "where is the browser? $(browser_pids | xargs)"
	for pid in $(browser_pids); do
		differs "$pid" 0
		expect_eq "$(count_maps "$pid" .spm)" 0 "mappings of the patch in process $pid"
	done
	try_to http://localhost:8001/account
	expect_eq "$(told '"\(.canIntercept) \(.intercepted) \(.url) \(.origin)"')" \
		"true true http://localhost:8001/account $OTHER" "the other page, which has its bug back"
	picture "$1-4-reverted"
	# Both web processes say in their post_unpatch hooks what they had refused: what the old
	# code would have allowed, and nothing else.
	wait_for 20 eval '[ $(grep -c "taken out; it had refused" browser.out) -ge 2 ]'
	expect_eq "$(sed -n 's/.*taken out; it had refused //p' browser.out | sort | paste -s -d ';')" \
		"1 navigations to other origins, 0 to other accounts;1 navigations to other origins, 2 to other accounts" \
		"what the hooks told"
}
