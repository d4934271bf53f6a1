#!/bin/bash
# meaning: a scenario that leaves no processor to anybody
# limit: 5
echo -1 >/proc/sys/kernel/sched_rt_runtime_us
echo "going"
for cpu in 0 1; do
	chrt -f 99 taskset -c "$cpu" sh -c 'sleep 1; while :; do :; done' &
done
wait
