#!/bin/bash
# meaning: suture inspect shows what a patch replaces, and the old and the new code side by side
# limit: 40
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

expect_status 0 suture inspect --file "$LIB" "$(spm replace)"
id=$(suture inspect --json "$(spm replace)" | jq -r '.objects[0].build_id')
expect_match "$id" "^[0-9a-f]{40}$" "build-id"
expect_match "$output" "target libfuncs.so, build-id $id" "the target"
expect_match "$output" "found: $LIB" "its file"
expect_match "$output" "consistency +immediate" "consistency"
expect_match "$output" "answer: old and new" "the function"
# the old one loads a variable, the new one has it in the code
case $(uname -m) in
x86_64) old='mov +eax, [^|<]*ones[^|<]*[|<]' new='lea +eax, .rdi \+ 0x3e9' instructions=3 ;;
aarch64) old='ldr +w[0-9]+, [^|<]*[|<]' new='add +w0, w0, #0x3e9' instructions=5 ;;
esac
expect_match "$output" "$old" "old code, on x86-64 with the name of a variable"
expect_match "$output" "[|>] +0 +$new" "new code"

# the same for programs, with the addresses that the symbols have
suture inspect --json --file "$LIB" "$(spm pair)" >pair.json
expect_eq "$(jq -r '[.functions[].name] | sort | join(" ")' pair.json)" "pair_inner pair_outer" functions
expect_eq "$(jq -r '.consistency' pair.json)" quiescent consistency
jq -e 'all(.functions[]; (.old_code | map(.length) | add) == .old_size and
	(.new_code | map(.length) | add) == .new_size and
	.old_code[0].address == .old_address and .new_code[0].address == .new_address and
	(.old_code[-1].text | startswith("ret")))' pair.json >/dev/null || die "$(cat pair.json)"
ok "the code covers the functions"
expect_eq "$(jq '.relocations == .relocations_to_itself + ([.objects[].relocations] | add)' pair.json)" \
	true "relocations add up"

# behind a stub, the author's function is shown
suture inspect --json --file "$T/ipara/libipara.so" "$(spm ipara)" >ipara.json
jq -e 'all(.functions[]; .stub_address > 0 and .stub_address != .new_address)' ipara.json \
	>/dev/null || die "$(cat ipara.json)"
expect_match "$(suture inspect "$(spm ipara)")" "new: .*new_leaf.*stub: .*suture.entry" "the stub"

# without the target there is its own part, and a deleted target will do
cp "$LIB" copy.so
start one "$T/funcs/funcs-dl"
is one "5 1" open "$PWD/copy.so"
expect_eq "$(suture inspect --json "$(spm replace)" | jq '.functions[0].old_code | length')" "$instructions" \
	"instructions of the old function"
rm copy.so
expect_match "$(suture inspect "$(spm replace)")" "copy.so \(deleted\)" "the deleted file"
stop one
expect_eq "$(suture inspect --json "$(spm replace)" | jq '.functions[0].old_code')" null \
	"the old code without the target"
expect_status 1 suture inspect /suture/README.md

# what a patch does beside replacing functions
suture inspect --json --no-disassembly "$(spm sites)" >sites.json
expect_eq "$(jq -r '[.sites[].name | sub("[+]0x[0-9a-f]+$"; "")] | join(" ")' sites.json)" \
	"one_caller tail_caller inlined_one plt_caller word_caller" "calls"
expect_eq "$(jq '.functions | length' sites.json)" 0 "functions of a patch that replaces calls"
expect_match "$(suture inspect --no-disassembly "$(spm sites)")" "calls.*one_caller\+0x.*new: .*new_check" \
	"the calls for people"
expect_match "$(suture inspect --no-disassembly "$(spm multi-any)")" \
	"targets +any:.*target libma.so.*target libmb.so" "two targets of which any will do"
suture inspect --json --no-disassembly "$(spm state-two)" >state.json
jq -e '.states | length == 1 and .[0].version > 0' state.json >/dev/null || die "$(cat state.json)"
jq -e '.hooks | length > 0 and all(.[]; .function)' state.json >/dev/null || die "$(cat state.json)"
expect_match "$(suture inspect --no-disassembly "$(spm state-two)")" \
	"hooks: 1000 ms each, on a stack of 64 KiB.*(pre|post)_patch +0x.*states.*id [0-9]+, version [0-9]+" \
	"hooks and states for people"
expect_eq "$(suture inspect --json --no-disassembly "$(spm replace-all)" | jq .replaces_all)" true \
	"a patch in the place of all"
