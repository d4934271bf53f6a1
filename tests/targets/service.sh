# shellcheck shell=bash
# For the scenarios service-*, after talk.sh: sutured, and the folders that it watches.

# shellcheck disable=SC2034 # scenarios use them
USR=/usr/lib/suture/patches VAR=/var/lib/suture/patches STATE=/var/lib/suture/state/state.json

# However the scenario ends: nothing of it is left for the others.
end_service() {
	service_stop TERM 2>/dev/null || true
	rm -rf /usr/lib/suture /var/lib/suture /etc/suture /run/suture
	suture revert --all --force --timeout 20 >/dev/null 2>&1 || true
}

# service_clean: a machine on which sutured never ran
service_clean() {
	rm -rf /usr/lib/suture /var/lib/suture /etc/suture /run/suture
	mkdir -p $USR $VAR /etc/suture
	trap end_service EXIT
}

# service_start: sutured runs, and says that it is ready. What it says is in sutured.out
service_start() {
	: >sutured.out
	rm -f notify
	start_bg sutured "$T/tools/notified" "$PWD/notify" sutured
	wait_output sutured '^READY=1' 20
	service_pid=$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' /run/suture/sutured.json)
}

# service_stop [SIGNAL]: it ends; with TERM it has to end well
service_stop() {
	[ -n "${bg[sutured]:-}" ] || return 0
	kill "-${1:-TERM}" "$service_pid"
	wait_bg sutured
	[ "${1:-TERM}" != TERM ] || [ "$status" = 0 ] || die "sutured ended with status $status: $(cat sutured.out)"
}

# put NAME [FILE [FOLDER]]: a patch of the tests, as a file in a folder, at once
put() {
	local folder=${3:-$VAR} file=${2:-$1.spm}
	find_spm "$1"
	cp "$found" "$folder/.$file"
	mv "$folder/.$file" "$folder/$file"
}

# becomes SECONDS NAME ANSWER WORDS...: the program answers so, in this time at the latest;
# $took is how many milliseconds it was
becomes() {
	local end name=$2 wanted=$3 began=$((${EPOCHREALTIME/./} / 1000))
	end=$((began + $1 * 1000 * ${SUTURE_FACTOR:-1}))
	shift 3
	until ask "$name" "$@" && [ "$answer" = "$wanted" ]; do
		[ $((${EPOCHREALTIME/./} / 1000)) -lt "$end" ] ||
			die "$name, $*: '$answer', and not '$wanted' in time: $(cat sutured.out)"
		nap 0.02
	done
	took=$((${EPOCHREALTIME/./} / 1000 - began))
	ok "$name, $*: $answer, after $took ms"
}

# why NAME: what sutured thinks of a patch
why() {
	"$T/tools/pick" patches "name=$1" why </run/suture/sutured.json
}

# decided NAME WORD: it comes to that within 20 seconds
decided() {
	local end=$((SECONDS + 20 * ${SUTURE_FACTOR:-1} + 1)) look
	while look=${EPOCHREALTIME/./} && [ "$(why "$1")" != "$2" ]; do
		[ $SECONDS -lt $end ] || die "$1 is '$(why "$1")', not $2: $(cat /run/suture/sutured.json sutured.out)"
		pause_after $((${EPOCHREALTIME/./} - look))
	done
	ok "$1: $2"
}

# said REGEX: sutured has said it
said() {
	has_line sutured.out "$1"
}

# watched: from now on it sees crashes. Where they are not to be seen, the scenario is skipped
watched() {
	[ -r /sys/kernel/btf/vmlinux ] || skip "the kernel has no BTF"
	wait_for 60 eval '[ "$("$T/tools/pick" watch on </run/suture/sutured.json)" = true ]'
}

# dead COMMAND...: it dies of a signal
dead() {
	local status=0
	"$@" >/dev/null 2>&1 || status=$?
	[ $status -gt 128 ] || die "$*: it ended with status $status, not by a signal"
}
