#!/bin/bash
# meaning: sutured is killed at 50 random moments, and suture as well, while files come, change and go: what the kernel runs and what the folders say agree afterwards
# limit: 500
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/service.sh

service_clean
start one "$T/funcs/funcs"
start two "$T/funcs/funcs"
# those whose state one can ask for, and who do not touch the same functions
patches=(replace static-function static-data imports)
RANDOM=${SUTURE_SEED:-$$}
echo "seed $RANDOM"
printf '[Service]\nSettleMSec=0\n' >/etc/suture/suture.conf

# after MS: a random time of so many milliseconds at the most
after() {
	local ms=$((RANDOM % $1)) text
	printf -v text '%d.%03d' $((ms / 1000)) $((ms % 1000))
	nap "$text"
}

# Moments are random in the time that things take on this machine, just now.
service_start
put replace
service_stop
# as a look of suture's whether it runs, that lasts
flock -s /run/suture/sutured.lock bash -c ': >locked; sleep 0.5' &
wait_for 10 test -e locked
began=$(now_ms)
service_start
ready_ms=$(($(now_ms) - began))
# a busy machine is not to take for ever
ready_ms=$((ready_ms < 300 ? ready_ms : 300))
decided replace applied
began=$(now_ms)
suture remove replace
suture restore replace
suture apply replace
loader_ms=$((($(now_ms) - began) / 3))
service_stop
: >kills
ok "sutured begins in $ready_ms ms, the loader takes $loader_ms"

loading=
# loader WORDS...: suture, which is killed in the middle, if it lasts so long. The machine may be
# faster or slower than it was when that was measured
loader() {
	local status=0
	suture "$@" >/dev/null 2>&1 &
	loading=$!
	after $((loader_ms * 3 / 2))
	kill -KILL $loading 2>/dev/null || true
	wait $loading 2>/dev/null || status=$?
	if [ $status = 137 ]; then
		echo "$*" >>kills
		loader_ms=$((loader_ms * 21 / 20))
	else
		loader_ms=$((loader_ms < 25 ? loader_ms : loader_ms * 19 / 20))
	fi
}

newest=
# change: something happens to the folders
change() {
	local name=${patches[RANDOM % ${#patches[@]}]}
	case $((RANDOM % 6)) in
	0) rm -f "$VAR/$name.spm" ;;
	1)
		# not back to 1.0: that would be refused
		((RANDOM % 5)) || newest=-two
		put "replace$newest" replace.spm
		;;
	2) loader remove "$name" ;;
	3) loader restore "$name" ;;
	4) loader apply "$name" ;;
	*) [ "$name" = replace ] || put "$name" ;;
	esac
}

# agree: the patches in the kernel are those of the folders that are not removed
agree() {
	local wanted='' name file removed
	removed=$(jq -r '[.patches | to_entries[] | select((.value.removed // 0) != 0) | .key] | join(" ")' \
		"$STATE" 2>/dev/null) || true
	for file in "$VAR"/*.spm; do
		name=${file##*/}
		name=${name%.spm}
		[ ! -e "$file" ] || [[ " $removed " == *" $name "* ]] || wanted+="applied $name "
	done
	[ "$(suture list --json | jq -r '[.patches[] | select(.state == "applied" or .state == "applying" or
		.state == "reverting")] | sort_by(.name) | map("\(.state) \(.name) ") | add // ""')" = "$wanted" ]
}

# settled: a service that is left alone brings them to agree
settled() {
	local end=$((SECONDS + 15 * ${SUTURE_FACTOR:-1} + 1))
	until agree; do
		nap 0.1
		[ $SECONDS -lt $end ] || die "they do not agree: $(ls "$VAR"; suture list; cat "$STATE"; tail -n 30 sutured.out)"
	done
	if loaded replace; then
		is one ok new replace >/dev/null
		is two ok new replace >/dev/null
	else
		is one ok old replace >/dev/null
		is two ok old replace >/dev/null
	fi
	# no half-written file of its own is taken for the state
	! [ -e "$STATE" ] || jq . "$STATE" >/dev/null || die "the state is damaged"
}

(
	trap 'kill -KILL $loading 2>/dev/null || true; exit 0' TERM
	while :; do
		change
		nap 0.0$((RANDOM % 10))
	done
) &
changer=$!
# until suture was killed as well, which takes more rounds where it is slow
kills() { wc -l <kills; }
for ((round = 1; round <= 50 || ($(kills) < 5 && round <= 200); round++)); do
	sutured >>sutured.out 2>&1 &
	service=$!
	# a third of them while it starts
	after $((round % 3 ? 3 * ready_ms : ready_ms))
	kill -KILL $service || die "sutured has ended by itself: $(tail -n 20 sutured.out)"
	wait $service 2>/dev/null || true
	if ((round % 10 == 0)); then
		kill -STOP $changer
		service_start
		settled
		service_stop
		ok "after $round kills"
		kill -CONT $changer
	fi
done
kill -TERM $changer
wait $changer 2>/dev/null || true
service_start
settled
expect_match "$(wc -l <kills 2>/dev/null)" '^([5-9]|[0-9]{2,})$' "the loader was killed five times at least"
# The loader alone, while the service works: until that, too, was 50 times
: >kills
words=(remove restore apply "apply --no-wait" "remove --no-wait")
for ((tries = 0; tries < 400; tries++)); do
	mapfile -t line <kills
	[ ${#line[@]} -lt 50 ] || break
	read -r -a line <<<"${words[RANDOM % ${#words[@]}]}"
	loader "${line[@]}" "${patches[RANDOM % ${#patches[@]}]}"
	((tries % 5)) || put "${patches[1 + RANDOM % 3]}"
done
expect_eq "$(wc -l <kills)" 50 "kills of the loader, of $tries"
settled
rm -f "$VAR"/*.spm
wait_for 20 eval '[ -z "$(ls /sys/kernel/suture)" ]'
is one ok old replace
is two ok old replace
text "${pid[one]}" libfuncs.so 0
service_stop
stop one
stop two
