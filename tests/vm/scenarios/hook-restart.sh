#!/bin/bash
# meaning: a process whose only thread is woken in a system call for hooks does not notice, whatever call it is
# limit: 150
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# what the kernel restarts with the time that is left
exact=(nanosleep rest read futex poll msgrcv mq_timedreceive clock_nanosleep select ppoll pause
	sigsuspend wait4 waitid flock fcntl epoll_signal)
# what begins anew, with a time limit that does, too
anew=(epoll_wait recv accept sigtimedwait semtimedop io_getevents epoll_pwait epoll_pwait2)
for kind in "${exact[@]}" "${anew[@]}"; do
	mkdir "$kind"
	(cd "$kind" && exec "$T/hooks/one" "$kind" 6000) >"$kind.out" 2>&1 &
	bg["$kind"]=$!
done
for kind in "${!bg[@]}"; do
	wait_output "$kind" ready
done
nap 2
late=
for _ in 1 2 3; do
	apply hooks-funcs
	expect_le ${#bg[@]} "$(total hooks-funcs patched)" "patched processes of ours, of all"
	revert hooks-funcs
	nap 1
done
nap 8
for kind in "${exact[@]}" "${anew[@]}"; do
	kill -TERM "${bg[$kind]}"
	wait_bg "$kind"
	answer=$(tail -n 1 "$kind.out")
	echo "$kind: $answer"
	[ "$status" = 0 ] || die "$kind ended with $status"
	[ "$(part rounds)" -ge 1 ] || die "$kind: no rounds"
	[ "$(part eintr) $(part early) $(part failed)" = "0 0 0" ] || die "$kind has noticed: $answer"
	if [[ " ${exact[*]} " == *" $kind "* ]]; then
		[ "$(part late)" = 0 ] || late+=" $kind"
	fi
done
[ -z "$late" ] || die "too late:$late"
ok "${#exact[@]} + ${#anew[@]} kinds of system calls have not noticed"
