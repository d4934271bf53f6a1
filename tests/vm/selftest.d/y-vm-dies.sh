#!/bin/bash
# meaning: a scenario that takes the VM with it
# limit: 60
echo c >/proc/sysrq-trigger
sleep 10
