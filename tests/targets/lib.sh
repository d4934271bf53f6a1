# shellcheck shell=bash disable=SC2154 # bg and status are of tests/vm/lib.sh
# For scenarios and the demo: the browser process and the libevent server. Comes
# after tests/vm/lib.sh.

targets=/suture/build/tests/targets
say=$targets/say/say
declare -A port=()

# browser_start NAME [OPTIONS]: a browser process, its socket is NAME.sock
browser_start() {
	local name=$1
	shift
	start_bg "$name" "$targets/navigator/browser" "$@" "$PWD/$name.sock"
	wait_for 20 "$say" "$name.sock" stats
}

# browser NAME COMMAND…: what the control thread answers
browser() {
	local name=$1
	shift
	"$say" "$name.sock" "$@"
}

# field KEY TEXT: the first KEY=value in it
field() {
	[[ " $2" =~ [[:space:]]"$1"=([^[:space:]]*) ]] || die "no $1 in: $2"
	echo "${BASH_REMATCH[1]}"
}

# sum KEY TEXT: all numbers KEY=n in it together
sum() {
	local n=0 rest=" $2"
	while [[ $rest =~ [[:space:]]"$1"=([0-9]+)(.*) ]]; do
		n=$((n + BASH_REMATCH[1]))
		rest=${BASH_REMATCH[2]}
	done
	echo "$n"
}

# browser_quits NAME: it ends by itself and in order
browser_quits() {
	browser "$1" quit >/dev/null
	wait_bg "$1"
	expect_eq "$status" 0 "exit status of $1"
}

# expect_pages NAME hostile|fixed: lets every thread of the browser run all pages
# twice. Hostile ones must succeed in each thread every time, or never; the others
# must behave as always.
expect_pages() {
	local stats verdict
	stats=$(browser "$1" run 26)
	verdict=$(awk -v wanted="$2" '
		function wrong(why) { print "wrong: " why ": " $0; bad = 1; exit 1 }
		/^thread=/ {
			for (i = 1; i <= NF; i++) {
				split($i, part, "=")
				v[part[1]] = part[2]
			}
			if (!(v["hostile_ok"] + v["hostile_failed"]) || !v["honest_ok"] || !v["foreign_failed"])
				wrong("ran not all kinds of pages")
			if (v[wanted == "fixed" ? "hostile_ok" : "hostile_failed"])
				wrong("not " wanted)
			if (v["honest_failed"] || v["foreign_ok"])
				wrong("other pages than hostile ones behave differently")
			threads++
			ok += v["hostile_ok"]
			failed += v["hostile_failed"]
		}
		END {
			if (!bad && threads < 2) {
				print "wrong: too few threads"
				exit 1
			}
			if (!bad)
				print threads " threads, hostile pages: " ok + 0 " succeed, " failed + 0 " fail"
		}' <<<"$stats") || die "$1: $verdict"
	ok "$1 is $2: $verdict"
}

# expect_undisturbed NAME: no blocked call of the browser returned early, and its
# network thread, asleep all the time, still works
expect_undisturbed() {
	local stats
	expect_eq "$(browser "$1" fetch)" ok "$1: answer of the network thread"
	stats=$(browser "$1" stats)
	expect_eq "$(field eintr "$stats")" 0 "$1: EINTRs"
	expect_eq "$(field early "$stats")" 0 "$1: early returns"
	expect_eq "$(field ever_honest_failed "$stats") $(field ever_foreign_ok "$stats")" \
		"0 0" "$1: same-origin pages that failed, other sites forged, since its start"
}

# expect_state PATCH NAME STATE: what suture status says of a process of start_bg
expect_state() {
	local state
	state=$(suture status --json "$1" |
		jq -r --argjson pid "${bg[$2]}" '.patches[0].processes[] | select(.pid == $pid) | .state')
	expect_eq "$state" "$3" "$2's state in suture status"
}

# identity PID: what stays as long as it is the same process, and its threads
identity() {
	echo "pid $1, started at tick $(start_time "$1"), $(count_threads "$1") threads"
}

# server_start NAME vulnerable|fixed|FOLDER: the server with the libevent that is
# there
server_start() {
	local folder=$targets/evserver/$2
	[[ $2 != /* ]] || folder=$2
	LD_LIBRARY_PATH=$folder start_bg "$1" "$targets/evserver/evserver" -t 3
	wait_output "$1" '^port='
	port[$1]=$(field port "$(<"$1.out")")
}

# greet NAME VALUE: the whole answer of the server to a request that has it add
# the header VALUE (percent-encoded), without the CRs
greet() {
	local answer
	answer=$("$say" "${port[$1]}" <<<"GET /greet?name=$2 HTTP/1.1"$'\r\nHost: localhost\r\nConnection: close\r\n\r')
	echo "${answer//$'\r'/}"
}

# server_stats NAME
server_stats() {
	"$say" "${port[$1]}" <<<$'GET /stats HTTP/1.0\r\n\r'
}

# expect_server NAME vulnerable|fixed: does it add a folded header?
expect_server() {
	local i answer
	for i in {1..3}; do
		answer=$(greet "$1" 'Two%0d%0a%20Set-Cookie:%20admin=1')
		case $2 in
		vulnerable)
			[[ $answer = "HTTP/1.1 200 OK"*$'\nX-Greeting: Two\n Set-Cookie: admin=1\n'* ]] ||
				die "$1: is not vulnerable: $answer"
			;;
		fixed)
			[[ $answer = "HTTP/1.1 400 "* && $answer != *Set-Cookie* ]] ||
				die "$1: is not fixed: $answer"
			;;
		esac
		[[ $(greet "$1" "Two%20Three$i") = "HTTP/1.1 200 OK"*$'\nX-Greeting: Two Three'$i$'\n'* ]] ||
			die "$1: an ordinary header is not added"
		[[ $(greet "$1" 'Two%0d%0aThree:%204') = "HTTP/1.1 400 "* ]] ||
			die "$1: a plain line break is accepted"
	done
	ok "$1 is $2: ${answer%%$'\n'*}"
}
