#!/bin/bash
# meaning: old functions are called whose displaced instruction refers to something relative to itself: adr, literals, branches, signatures
# arch: arm64
# limit: 90
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

start one "$T/arm64/forms"
is one ok value
apply forms
start two "$T/arm64/forms"
for name in one two; do
	is $name ok new
	text "${pid[$name]}" libforms.so 20
done
tell one storm 20000
revert forms
is two ok value
apply forms
hear one
expect_match "$answer" "^old [0-9]+ new [0-9]+ wrong 0$" "calls meanwhile: $answer"
revert forms
for name in one two; do
	is $name ok value
	text "${pid[$name]}" libforms.so 0
	stop $name
done
