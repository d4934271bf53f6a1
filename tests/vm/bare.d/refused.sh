#!/bin/bash
# meaning: a kernel without a way to task_work_add refuses the module, says why, and nothing of it stays
# limit: 30
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

why='this kernel neither exports task_work_add nor lets a kprobe find it \(CONFIG_KPROBES\)'
grep -q ' task_work_add$' /proc/kallsyms || die "this kernel has no task_work_add at all"
! grep -q -w -E '__ksymtab_task_work_add|register_kprobe' /proc/kallsyms || die "this kernel has a way to it"
for round in 1 2; do
	kernel_mark insmod
	expect_status 1 insmod "$SUTURE_KO"
	expect_match "$output" "not supported" "insmod says that this is not supported"
	expect_match "$(kernel_log_since insmod)" "suture: $why" "the kernel's log says why"
	! module_loaded || die "the module is loaded"
	[ ! -e /dev/suture ] && [ ! -e /sys/kernel/suture ] || die "something of it has stayed"
done
# the tools say so too, and processes run on
mkdir -p "/tmp/modules/lib/modules/$(uname -r)"
start one "$T/funcs/funcs"
is one ok old replace
expect_status 1 suture apply "$(spm replace)"
expect_status 1 suture doctor
is one ok old replace
stop one
