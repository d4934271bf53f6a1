#!/bin/bash
# meaning: a debugger's breakpoint on a replaced function refuses the process; elsewhere it and the patch do not meet
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/funcs/funcs"
start tracer "$T/machine/tracer"
# address PATCH FUNCTION: of the function that it replaces, in process one
address() {
	printf '%x\n' $(($(load_address "${pid[one]}" libfuncs.so) + $(old_address "$1" "$2")))
}
is tracer ok seize "${pid[one]}"
is tracer ok interrupt
is tracer ok break "$(address replace answer)"
expect_status 5 suture apply "$(spm replace)"
expect_eq "$(proc replace "${pid[one]}" state) $(proc replace "${pid[one]}" reason)" \
	"refused old-bytes" "state with a breakpoint"
is tracer ok cont
tell one old replace
is tracer ok hit
is tracer ok cont
hear one
expect_eq "$answer" ok "the debugged call"
revert replace
# another function of the same page
is tracer ok interrupt
is tracer ok break "$(address recursion recurse)"
apply replace
is tracer ok cont
is one ok new replace
tell one old recursion
is tracer ok hit
is tracer ok cont
hear one
expect_eq "$answer" ok "the debugged call of another function"
revert replace
is one ok old replace
is tracer ok interrupt
is tracer ok detach
is one ok old replace recursion
text "${pid[one]}" libfuncs.so 0
