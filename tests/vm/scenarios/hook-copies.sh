#!/bin/bash
# meaning: a library that is there more than once in a process: the hooks run in each copy, a copy whose hook says no stays as it was, and what comes after that is not patched
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

library=$T/hooks/libhooked.so

# says NAME WORDS: of its copies
says() {
	ask "$1" copies
	[ "$answer" = "$2" ]
}

start yes "$T/hooks/hooked"
start half "$T/hooks/hooked"
is yes ok copy "$library"
apply hooked
is yes ok copy "$library"
wait_for 20 says yes "101:2 101:2"

# refused from the first instruction on
ln -s "$T/hooks/hooked" hooked-no
start no ./hooked-no
wait_for 20 state_is hooked "${pid[no]}" refused
is no "1:101" log
for copies in "2:0" "2:0 2:0" "2:0 2:0 2:0"; do
	is no ok copy "$library"
	is no "$copies" copies
	sleep 0.3
	is no "$copies" copies
done
is no 2 call
is no none log
expect_eq "$(proc hooked "${pid[no]}" state)" refused "with four copies"
expect_eq "$(proc hooked "${pid[no]}" error)" 5 "its number"
expect_no_match " $(mappers /hooked.spm | xargs) " " ${pid[no]} " "processes that map the patch"

# refused in one that has come later
is half 101 call
is half ok name hooked-no
tell half copy "$library"
tell half copy "$library"
hear half ok
hear half ok
wait_for 20 state_is hooked "${pid[half]}" refused
# once for all; which of them is by chance, if both are there
wait_for 20 eval 'says half "2:1 2:0" || says half "2:0 2:1"'
is half 101 call

revert hooked
expect_eq "$(mappers /hooked.spm)" "" "processes that map the patch"
is yes 2 call
is yes "2:4 2:4" copies
is half 2 call
stop yes
stop no
stop half
