#!/bin/bash
# meaning: a scenario that says no
# limit: 20
echo "this is the reason"
exit 1
