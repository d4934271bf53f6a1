#!/bin/bash
# meaning: a signed patch that is altered in one byte, wherever, or cut, is refused
# limit: 240
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh
. /suture/tests/targets/sign.sh

signed good
trust require_signature=1 good
size=$(stat -c %s good.spm)
expect_status 0 "$SIGN/alter" good.spm "$LIB" copy.spm 251
expect_match "$output" "[0-9]{3} altered, [0-9]{3} cut" "all are refused"
[ "${output%% *}" -ge $((size / 251 + 630)) ] || die "too few of $size bytes are altered"

# also where no signature is required, what is altered is refused, and so is a cut middle
trust "" good
start one "$T/funcs/funcs"
cp good.spm copy.spm
printf '\377' | dd of=copy.spm bs=1 seek=4500 conv=notrunc status=none
refused copy.spm 'is not what "Suture test, good" has signed: it was altered'
{ head -c 64 good.spm; tail -c 200 good.spm; } >copy.spm
# what the headers name is not there: user space would not send it
expect_status 1 suture apply copy.spm
is one ok old replace
stop one
