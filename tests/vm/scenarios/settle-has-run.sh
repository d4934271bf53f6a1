#!/bin/bash
# meaning: a second opinion on a thread that has run since is not taken, and one that was taken ends when it runs
# limit: 150
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

opinion=$T/unwind/opinion
start one "$T/unwind/unwind"
one=${pid[one]}
ask one tid
tid=$answer

# look: of the worker as it sleeps now, in $switches, $start and $at
look() {
	local words
	output=$("$opinion" thread "$tid")
	read -r -a words <<<"$output"
	[ "${words[0]}" = 0 ] || die "thread: $output"
	switches=${words[2]} start=${words[4]} at=${words[6]}
}

# it has run between the look and the opinion
is one ok enter inside
suture apply --no-wait "$(spm unwound)"
wait_for 5 state_is unwound "$one" waiting
look
is one ok turn
expect_eq "$("$opinion" settle unwound "$tid" "$switches" "$start" "$at")" EAGAIN \
	"an opinion on how it slept before"
nap 0.3
expect_eq "$(proc unwound "$one" state)" waiting "state"
# A frame that is named is looked at: the kernel judges, not the caller. In every try.
ask one visit
look
expect_eq "$("$opinion" settle unwound "$tid" "$switches" "$start" "$at" $((answer + 8)))" 0 \
	"an opinion with a frame inside"
before=$(proc unwound "$one" attempts)
wait_for 10 eval '[ "$(proc unwound "$one" attempts)" -gt '$((before + 2))' ]'
expect_eq "$(proc unwound "$one" state)" waiting "state"
expect_eq "$(proc unwound "$one" function)" visit "the function that is named"
text "$one" libunwound.so 0
is one 1 leave
wait_for 5 state_is unwound "$one" patched
revert unwound

# An opinion that was taken, on a thread that is outside; then it goes in.
is one ok enter stale
apply unwound
revert unwound
is one 0 leave
start two "$T/unwind/unwind"
is two ok enter inside
suture apply --no-wait "$(spm unwound)"
wait_for 5 state_is unwound "$one" patched
wait_for 5 state_is unwound "${pid[two]}" waiting
# one is patched; two holds the transition up, so the patch stays, and opinions with it
is one ok enter stale
look
expect_eq "$("$opinion" settle unwound "$tid" "$switches" "$start" "$at")" 0 "an opinion that is true"
is one 0 leave
is one ok enter inside
suture revert --no-wait unwound
wait_for 5 eval '[[ $(proc unwound "$one" state) =~ waiting|draining ]]'
nap 1.5
expect_match "$(proc unwound "$one" state)" "^(waiting|draining)$" "it waits for the frame"
[ "$(count_maps "$one" /unwound.spm)" -gt 0 ] || die "the code that a thread is in is unmapped"
is one 20 leave
is two 1 leave
wait_for 5 eval '! loaded unwound'
is one "1 2 2" value
is two "1 2 2" value
stop one
stop two
