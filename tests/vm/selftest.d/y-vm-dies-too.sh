#!/bin/bash
# meaning: one more scenario that takes the VM with it
# limit: 60
sleep 1
echo c >/proc/sysrq-trigger
sleep 10
