#!/bin/bash
# meaning: each hook of a patch runs once, in order, in each process; one that says no leaves its process as it was
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start yes "$T/shadow/sessions"
start no "$T/shadow/sessions"
is no ok busy 3
expect_status 5 suture apply "$(spm callbacks-demo)"
is yes "events pre_patch post_patch" events
ask no events
# It may be asked more than once.
expect_match "$answer" '^events( pre_patch)+$' "events of who said no"
expect_eq "$(proc callbacks-demo "${pid[yes]}" state)" patched "who said yes"
expect_eq "$(proc callbacks-demo "${pid[no]}" state)" refused "who said no"
expect_eq "$(proc callbacks-demo "${pid[no]}" error)" 3 "its number"
expect_eq "$(count_maps "${pid[no]}" callbacks-demo.spm)" 0 "mappings of the patch there"

# It goes back on it, and the next look at all processes finds it.
is no ok busy 0
expect_status 0 suture apply "$(spm callbacks-demo)"
expect_eq "$(proc callbacks-demo "${pid[no]}" state)" patched "who says yes at last"
is no 1001 probe
ask no events
expect_match "$answer" '^events( pre_patch)+ post_patch$' "its events"
is yes "events pre_patch post_patch" events

revert callbacks-demo
is yes "events pre_patch post_patch pre_unpatch post_unpatch" events
ask no events
expect_match "$answer" '^events( pre_patch)+ post_patch pre_unpatch post_unpatch$' "its events"
is no 1 probe
stop yes
stop no
