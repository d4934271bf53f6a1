#!/bin/bash
# meaning: /dev/suture belongs to root alone, and others cannot open it
# limit: 20
. /suture/tests/vm/lib.sh

expect_eq "$(stat -c '%a %U:%G %F' /dev/suture)" "600 root:root character special file" "/dev/suture"

# Even who gets past the mode needs CAP_SYS_ADMIN.
expect_status 1 setpriv --reuid nobody --regid nogroup --clear-groups sh -c 'exec 4<>/dev/suture'
expect_match "$output" "[Pp]ermission denied" "the mode keeps others out"
