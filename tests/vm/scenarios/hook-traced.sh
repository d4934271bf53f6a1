#!/bin/bash
# meaning: hooks in a process under a debugger: they run while it runs, wait while it is stopped, and a tracer of system calls sees whole calls
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start p "$T/hooks/hooked"
is p ok asleep 2
start t "$T/hooks/tracer"
is t ok seize "${pid[p]}"
apply hooked
is p 101 call
is p "1:2 2:101" log
revert hooked
is p "3:101 4:2" log

is t ok interrupt
suture apply --no-wait "$(spm hooked)"
wait_for 5 state_is hooked "${pid[p]}" waiting
nap 0.5
expect_eq "$(proc hooked "${pid[p]}" state)" waiting "state while all its threads are stopped"
is t ok cont
wait_for 20 state_is hooked "${pid[p]}" patched
is p "1:2 2:101" log
revert hooked
is p "3:101 4:2" log

# threads that run, with stops at each system call
is p ok spin 2
tell t syscalls 4000
nap 0.3
apply hooked
revert hooked
apply hooked
revert hooked
hear t
expect_eq "$answer" ok "the tracer"
is p 2 call
is p "1:2 2:101 3:101 4:2 1:2 2:101 3:101 4:2" log
is t ok detach
ask p signals
expect_eq "$(part wrong)" 0 "wrong masks and answers"
stop t
stop p
