#!/bin/bash
# meaning: in a storm of crashes of programs that have nothing to do with it a patch stays; and where they come faster than they are read, the one in the patch is not lost among them
# limit: 300
# kernel-allow: (dies|funcs)\[[0-9]+\]: segfault
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/service.sh

dies=$T/service/dies
# storm NUMBER COMMAND...
storm() {
	local i nr=$1
	shift
	for ((i = 0; i < nr; i++)); do
		"$@" || true
	done >/dev/null 2>&1
}

service_clean
service_start
watched
start one "$T/funcs/funcs"
put harm
decided harm applied
storm 100 busybox sh -c 'kill -ABRT $$'
expect_eq "$(why harm)" applied "what is thought of it"

kill -STOP "$service_pid"
storm 300 busybox sh -c 'kill -ABRT $$'
dead "$dies" fine 9
storm 20 busybox sh -c 'kill -ABRT $$'
is one ok new replace
kill -CONT "$service_pid"
becomes 10 one ok old replace
decided harm bad
said "crashes came too fast to be told one by one" || die "there was room for all: $(cat sutured.out)"
expect_match "$(suture list)" "/service/dies: SIGSEGV at .* in the patch" "the evidence"
# it goes on
suture restore harm
decided harm applied
dead "$dies" fine 9
decided harm bad
rm "$VAR/harm.spm"
service_stop
stop one
