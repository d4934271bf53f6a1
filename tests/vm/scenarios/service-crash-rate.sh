#!/bin/bash
# meaning: a patch with which an executable dies elsewhere more often than without is taken back; deaths of processes without it, by kill, of a handled signal, or no more often than before, are not its
# limit: 300
# kernel-allow: dies\[[0-9]+\]: segfault
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/service.sh

dies=$T/service/dies
# seen NUMBER: so many crashes were blamed on the patch
seen() {
	wait_for 20 eval '[ "$("$T/tools/pick" patches 0 crashes </run/suture/sutured.json)" = '"$1 ]"
	ok "$1 crashes are blamed on it"
}

service_clean
service_start
watched
start one "$T/funcs/funcs"
# before the patch comes, this one dies twice a minute
dead "$dies" null
dead "$dies" abort
put replace
decided replace applied
is one ok new replace

# Nothing of this is the patch's: processes that do not have it,
for _ in 1 2 3 4 5; do
	dead bash -c 'kill -ABRT $$'
done
# those that somebody kills,
for _ in 1 2 3 4 5; do
	"$dies" wait &
	nap 0.3
	kill -SEGV $!
	wait $! || true
	"$dies" handled
done
nap 1
seen 0
# and four in this minute: twice as many as before
dead "$dies" null
dead "$dies" call
dead "$dies" raise
dead "$dies" abort
seen 4
expect_eq "$(why replace)" applied "what is thought of it"
is one ok new replace

# The fifth is one too many
dead "$dies" use
becomes 5 one ok old replace
decided replace bad
expect_match "$(suture list)" "/service/dies: 5 died within 60 s with it, 2 in the worst 60 s without; the last: SIGSEGV at 0x[0-9a-f]+ \(dies\+0x[0-9a-f]+\), not in the patch" "the evidence"
expect_eq "$(suture list --json | jq .patches[0].bad.in_patch)" false "for programs: in the patch"
# with the old code it lives
"$dies" use

# what is configured counts
printf '[Watch]\nCrashes=0\n' >/etc/suture/suture.conf
suture restore replace
decided replace applied
for _ in 1 2 3 4 5 6 7; do
	dead "$dies" use
done
seen 7
expect_eq "$(why replace)" applied "what is thought of it"
printf '[Watch]\nTakeBack=no\n' >/etc/suture/suture.conf
# at once, so that it has been read when somebody dies
before=$(count_lines '^READY=1' sutured.out)
kill -HUP "$service_pid"
wait_for 20 eval '[ "$(count_lines "^READY=1" sutured.out)" -gt "$before" ]'
dead "$dies" use
wait_for 20 said "TakeBack=no in suture.conf, so it stays"
expect_eq "$(why replace)" applied "what is thought of it"
rm "$VAR/replace.spm"
becomes 20 one ok old replace
service_stop
stop one
