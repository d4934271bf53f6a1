#!/bin/bash
# meaning: suture status --verify understands patches of every kind: stacked, replaced, of calls, of programs, in copied text, out of scope
# limit: 180
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

# verified PROCESSES WHAT: nothing differs
verified() {
	expect_status 0 suture status --verify
	expect_match "$output" "verified: $1 process(es)?, .* all as it should be" "$2"
}

# one function under several patches, and a patch that takes their place
start a "$T/stack/stack"
apply stack-low
apply stack-high
verified 1 "two on top of each other"
revert stack-low
verified 1 "the lower one is gone"
apply stack-low
verified 1 "it is back, on top"
apply replace-all
verified 1 "another one took their place"
revert replace-all
stop a

# calls
start a "$T/sites/sites"
apply sites
verified 1 "calls"
apply sites-again
verified 1 "calls under two patches"
apply sites-function
verified 1 "and their function"
revert sites
verified 1 "the lowest is gone"
revert --all
stop a

# programs at a fixed address and elsewhere, entries with a landing pad, and two patches in one process
start fixed "$T/exe/exe-fixed"
start pie "$T/exe/exe-pie"
start cet "$T/entry/entry" idle
for patch in exe-fixed exe-pie endbr64; do
	apply $patch
done
verified 3 "programs and landing pads"
revert --all
for name in fixed pie cet; do
	stop $name
done

# text that a program has moved to anonymous memory, and rules
start dl "$T/funcs/funcs-dl"
start other "$T/funcs/funcs"
is dl "5 1" open "$LIB"
apply replace --pid "${pid[dl]}"
verified 2 "one is out of scope"
is dl ok copy
verified 2 "copied text"
is dl ok copy-all
is dl 1005 answer
expect_eq "$(count_maps "${pid[dl]}" libfuncs.so)" 0 "mappings of the library"
expect_eq "$(proc replace "${pid[dl]}" state)" patched "what the kernel says"
expect_status 5 suture status --verify
expect_match "$output" "the kernel says patched, and no file of a target is mapped" "nothing to compare"
revert replace
is dl 5 answer
stop dl
stop other
