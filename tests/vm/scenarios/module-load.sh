#!/bin/bash
# meaning: the module goes in and out ten times and leaves nothing behind
# limit: 60
. /suture/tests/vm/lib.sh

[ -c /dev/suture ] || die "no /dev/suture with the module loaded"
[ -d /sys/kernel/suture ] || die "no /sys/kernel/suture with the module loaded"
for round in {1..10}; do
	unload_module
	[ ! -e /dev/suture ] || die "round $round: /dev/suture stays"
	[ ! -e /sys/kernel/suture ] || die "round $round: /sys/kernel/suture stays"
	insmod "$SUTURE_KO"
	[ -c /dev/suture ] || die "round $round: no /dev/suture"
done
expect_eq "$(ls /sys/kernel/suture)" "" "list of patches"
