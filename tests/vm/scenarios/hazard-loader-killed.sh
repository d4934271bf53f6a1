#!/bin/bash
# meaning: the loader is killed at each of its steps: the kernel is consistent, nobody is harmed, and the next call goes on
# limit: 300
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/funcs/funcs"
start held "$T/threads/holder"
steps() {
	local said
	said=$("$T/hazard/killer" 0 "$@" | tail -n 1)
	[[ $said == "steps "* ]] || die "killer: $said"
	echo "${said#steps }"
}
apply_steps=$(steps suture apply "$(spm replace)")
revert_steps=$(steps suture revert replace)
[ "$apply_steps" -gt 10 ] && [ "$revert_steps" -gt 4 ] || die "$apply_steps and $revert_steps steps?"
ok "apply has $apply_steps steps from the opening of the device on, revert has $revert_steps"
# kill_at STEP COMMAND...: it is killed there, if it comes so far: the number of steps goes
# with that of the processes
kill_at() {
	local said
	said=$("$T/hazard/killer" "$@" | tail -n 1)
	case $said in
	"killed at "*) kills=$((kills + 1)) ;;
	"ended 0") ;;
	*) die "$*: $said" ;;
	esac
}
kills=0
# LOAD is among the first steps; then it searches for more files; among the last are
# WAIT and the looks at how it was
in_steps=(1 2 3 4 5 6 7 $((apply_steps / 2)))
for ((step = apply_steps - 14; step < apply_steps - 3; step += 3)); do
	in_steps+=("$step")
done
for ((i = 0; i < ${#in_steps[@]}; i++)); do
	kill_at "${in_steps[i]}" suture apply "$(spm replace)"
	# loaded or not: nothing in between
	if loaded replace; then
		wait_for 5 eval '[ "$(</sys/kernel/suture/replace/transition)" = 0 ]'
		is one ok new replace
	else
		is one ok old replace
	fi
	# and the next one goes on
	apply replace >/dev/null
	is one ok new replace
	kill_at $((1 + i * (revert_steps - 1) / ${#in_steps[@]})) suture revert replace
	suture revert replace || ! loaded replace || die "suture revert after a kill"
	is one ok old replace
done
[ $kills -ge 20 ] || die "killed only $kills times"
ok "killed $kills times"
# in the middle of WAIT, for a process that does not let it end
is held ok enter hold
for signal in KILL TERM; do
	suture apply "$(spm hold)" >/dev/null 2>&1 &
	loader=$!
	wait_for 5 state_is hold "${pid[held]}" waiting
	kill -$signal $loader
	wait $loader && die "suture apply ended well"
	expect_eq "$(proc hold "${pid[one]}" state) $(proc hold "${pid[held]}" state)" \
		"patched waiting" "the processes after the loader's end"
	revert hold
done
is held "6 0" leave
text "${pid[one]}" libfuncs.so 0
text "${pid[held]}" libfuncs.so 0
