#!/bin/bash
# meaning: a scenario that takes the VM with it
# limit: 20
echo c >/proc/sysrq-trigger
sleep 10
