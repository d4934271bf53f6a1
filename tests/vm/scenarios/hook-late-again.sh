#!/bin/bash
# meaning: a process whose hook is late each time it begins anew keeps no others of its user waiting for ever
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

nobody() {
	exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

chmod 755 .
ln -s "$T/hooks/hooked" hooked-again
for i in 1 2 3; do
	start_bg "again$i" nobody ./hooked-again
done
# they come behind them
start one nobody "$T/hooks/hooked"
start two nobody "$T/hooks/hooked"
suture apply --no-wait "$(spm hooked)"
begin=$(now_ms)
wait_for 30 state_is hooked "${pid[two]}" patched
echo "after $(($(now_ms) - begin)) ms"
is one 101 call
is two 101 call
for i in 1 2 3; do
	alive "again$i" || die "again$i has ended"
	stop_bg "again$i" KILL
done
revert hooked
is one 2 call
is two 2 call
stop one
stop two
