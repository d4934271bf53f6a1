#!/bin/bash
# meaning: a kernel that has died of a breakpoint
# limit: 60
echo 'Oops: int3: 0000 [#1] SMP NOPTI' >/dev/kmsg
echo 'Code: 4d 85 ed 0f 85 c2 06 00 00 cc <cd> 03 00 00 0f 1f 44' >/dev/kmsg
echo c >/proc/sysrq-trigger
sleep 10
