#!/bin/bash
# meaning: a scenario that is content while the kernel is not
# limit: 20
echo 'BUG: made up by the self-test' >/dev/kmsg
