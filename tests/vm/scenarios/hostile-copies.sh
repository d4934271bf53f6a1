#!/bin/bash
# meaning: copies of the library that somebody changes all the time, or makes in great numbers, keep nobody from being patched
# limit: 60
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

chmod 755 .
mkdir changing many
chown 1000 changing many
start good "$T/funcs/funcs"

start bad "$T/layers/copies" 40 "$LIB" changing
is bad ok change
# Whether one is wrong just between the search and the load is by chance: until it was.
said=
for ((i = 0; i < 2 || (i < 30 && ${#said} == 0); i++)); do
	expect_status 0 suture apply "$(spm replace)"
	[[ ! $output =~ left\ out.*another\ build-id\ than\ the\ patch\ is\ made\ for ]] || said=$output
	is good ok new replace
	revert replace
	is good ok old replace
done
[ -n "$said" ] || die "it is not said what was left out"
stop bad

# of more files than there may be descriptors those of root are taken
start bad "$T/layers/copies" 200 "$LIB" many
expect_status 0 setpriv --bounding-set=-sys_resource bash -c "ulimit -n 288; suture apply $(spm replace)"
expect_match "$output" "[0-9]+ files with a build-id of the patch are left out, for there are too many" "how many"
is good ok new replace
revert replace
stop bad
stop good
