#!/bin/bash
# meaning: somebody maps the text of a patch module by himself: that does not hold up a revert
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

chmod 755 .
cp "$(spm replace)" replace.spm
start one "$T/funcs/funcs"
suture apply replace.spm
start bad setpriv --reuid 65534 --clear-groups "$T/layers/mapper" replace.spm
is one ok new replace
revert replace --timeout 5
is one ok old replace
expect_eq "$(count_maps "${pid[bad]}" replace.spm)" 1 "his own mapping"
stop bad
stop one
