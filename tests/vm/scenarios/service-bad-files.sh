#!/bin/bash
# meaning: files that are cut, altered, unsigned where signatures are required, for another build, or not root's: each is reported in words and disturbs nothing else
# limit: 300
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/sign.sh
. /suture/tests/targets/service.sh

# reported FILE REGEX: in the list, and by the service
reported() {
	expect_match "$(suture list --json | "$T/tools/pick" patches "file=$VAR/$1" error)" "$2" "suture list of $1"
	said "$2" || die "sutured says nothing of $1: $(cat sutured.out)"
}

service_clean
trap 'end_service; end_signing' EXIT
start one "$T/funcs/funcs"
put replace
put wrong-build
head -c 1000 "$(spm pair)" >"$VAR/cut.spm"
echo "no patch at all" >"$VAR/text.spm"
: >"$VAR/empty.spm"
mkdir "$VAR/folder.spm"
ln -s "$(spm pair)" "$VAR/link.spm"
put imports writable.spm && chmod 666 "$VAR/writable.spm"
put imports stranger.spm && chown 1000 "$VAR/stranger.spm"
service_start
becomes 20 one ok new replace
decided replace applied
reported cut.spm "cut.spm is not a patch module that can be used"
reported text.spm "text.spm is not a patch module that can be used"
reported empty.spm "empty.spm is not a patch module that can be used"
reported folder.spm "folder.spm is not a regular file"
reported link.spm "link.spm is a symbolic link"
reported writable.spm "writable.spm can be written by others than root"
reported stranger.spm "stranger.spm does not belong to root"
expect_match "$(why wrong-build)" "^(other-build|no-target)$" "the one for another build"
expect_eq "$(ls /sys/kernel/suture)" replace "what is loaded"
expect_match "$(suture list)" "cut.spm +.*unusable" "the listing for people"
# each is said once
kill -HUP "$service_pid"
put static-function
decided static-function applied
expect_le "$(count_lines 'cut.spm is not' sutured.out)" 2 "how often it is said, with one SIGHUP"
# a file that is written slowly is a cut one at first, and then taken
rm "$VAR"/*.spm 2>/dev/null || true
rm -rf "$VAR/folder.spm"
becomes 20 one ok old replace
wait_for 20 eval "! loaded static-function"
size=$(stat -c %s "$(spm replace)")
head -c 1000 "$(spm replace)" >"$VAR/slow.spm"
wait_for 20 said "slow.spm is not a patch module"
is one ok old replace
tail -c +1001 "$(spm replace)" >>"$VAR/slow.spm"
expect_eq "$(stat -c %s "$VAR/slow.spm")" "$size" "its size"
becomes 20 one ok new replace
# something that is no patch takes the place of its file: it stays until that is mended
echo nonsense >"$VAR/.new" && mv "$VAR/.new" "$VAR/slow.spm"
wait_for 20 said "slow.spm is not a patch module"
decided replace unusable
is one ok new replace
rm "$VAR/slow.spm"
becomes 20 one ok old replace
wait_for 20 eval "! loaded replace"
service_stop

# signatures are required
trust require_signature=1 good expired
service_start
signed good "$VAR/.good" && mv "$VAR/.good" "$VAR/replace.spm"
becomes 20 one ok new replace
decided replace applied
# a new version that is not signed, or a stranger's, or altered: what is in stays
put replace-two new.spm
wait_for 20 said "is not signed, and this machine takes signed patches only"
decided replace applied
is one ok new replace
cp "$(spm replace-two)" stranger.spm
suture sign --key "$SIGN/keys/stranger.key" --cert "$SIGN/keys/stranger.der" stranger.spm
cp stranger.spm "$VAR/.new" && mv "$VAR/.new" "$VAR/new.spm"
wait_for 20 said "is signed by somebody whom this machine does not trust"
cp "$(spm replace-two)" altered.spm
suture sign --key "$SIGN/keys/good.key" --cert "$SIGN/keys/good.der" altered.spm
cp altered.spm right.spm
printf x | dd of=altered.spm bs=1 seek=200 conv=notrunc status=none
cp altered.spm "$VAR/.new" && mv "$VAR/.new" "$VAR/new.spm"
wait_for 20 eval 'said "it was altered" || said "new.spm is not a patch module"'
is one ok new replace
expect_eq "$(suture list --json | "$T/tools/pick" patches name=replace version)" 1.0 "the version in force"
# where nothing is in force, the one that is taken gives way to no other
suture revert replace >/dev/null
rm "$VAR/replace.spm"
wait_for 20 eval '[ "$(why replace)" != held ]'
suture restore replace
signed good "$VAR/.good" && mv "$VAR/.good" "$VAR/replace.spm"
becomes 20 one ok new replace
expect_eq "$(suture list --json | "$T/tools/pick" patches name=replace version)" 1.0 "the version in force"
# the right one goes in
cp right.spm "$VAR/.new" && mv "$VAR/.new" "$VAR/new.spm"
wait_for 20 eval '[ "$(suture list --json | "$T/tools/pick" patches name=replace version)" = 2.0 ]'
becomes 20 one ok new replace
# and the older one does not come back with its going
rm "$VAR/new.spm"
decided replace older
is one ok new replace
suture remove replace
service_stop
stop one
