#!/bin/bash
# meaning: a scenario that expects the kernel's complaint
# limit: 20
# kernel-allow: made up by the self-test
echo 'BUG: made up by the self-test' >/dev/kmsg
