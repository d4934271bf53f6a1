#!/bin/bash
# meaning: a scenario that overlooks the crash of a process
# limit: 20
bash -c 'kill -SEGV $$'
perl -e 'unpack("p", pack("J", 8))'
exit 0
