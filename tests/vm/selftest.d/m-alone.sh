#!/bin/bash
# meaning: a scenario beside which nothing runs
# limit: 90
# alone: to see that it comes last, although it seems to be the longest
exit 0
