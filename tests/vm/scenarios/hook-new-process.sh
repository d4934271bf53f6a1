#!/bin/bash
# meaning: in a process that begins later, and after dlopen, the hooks run as soon as the dynamic linker is done
# limit: 120
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start first "$T/hooks/hooked"
apply hooked
for ((i = 0; i < 10; i++)); do
	start p "$T/hooks/hooked"
	is p 101 call
	wait_for 20 state_is hooked "${pid[p]}" patched
	is p "1:101 2:101" log
	stop p
done

# a pre_patch that says no takes it out again
ln -s "$T/hooks/hooked" hooked-no
start no ./hooked-no
wait_for 20 state_is hooked "${pid[no]}" refused
expect_eq "$(proc hooked "${pid[no]}" error)" 5 "its number"
is no 2 call

# a fork has the patch and no hooks of its own
start late "$T/hooks/hooked"
wait_for 20 state_is hooked "${pid[late]}" patched
ask late log
revert hooked
is late "3:101 4:2" log
ask no log
expect_no_match "$answer" '[34]:' "no unpatch hooks where it was refused"
stop late
stop no
stop first

# short lives
start first "$T/funcs/funcs"
apply hooks-funcs
for ((i = 0; i < 40; i++)); do
	echo quit | "$T/funcs/funcs" >out || die "process $i: $(cat out)"
done
revert hooks-funcs
stop first
