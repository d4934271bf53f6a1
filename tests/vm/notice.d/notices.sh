#!/bin/bash
# meaning: the kernel of check-debug notices a bug of each kind in a module, in words that the harness knows
# limit: 120
# kernel-allow: .
. /suture/tests/vm/lib.sh

ko=/suture/build/tests/bugs/$(uname -r)/bugs.ko
words=$(grep -v '^#' /suture/tests/vm/guest/kernel-bad | paste -s -d '|')

# notices KIND REGEX
notices() {
	local said
	kernel_mark "$1"
	output=$(insmod "$ko" kind="$1" 2>&1) && die "$1: the module stays"
	expect_match "$output" "temporarily unavailable" "$1 is committed"
	said=$(kernel_log_since "$1" | grep -E -- "$words" || true)
	expect_match "$said" "$2" "and the kernel says so"
}

# expect_lockdep WANTED: lockdep stops after its first report, and after one of KASAN's
expect_lockdep() {
	expect_eq "$(awk '/debug_locks:/ { print $2 }' /proc/lockdep_stats)" "$1" "lockdep is on"
}

notices rcu-unlocked 'WARNING: suspicious RCU usage'
notices sleep-in-atomic 'BUG: sleeping function called from invalid context'
notices list-corruption 'WARNING: .*__list_del_entry_valid'
notices free-timer 'WARNING: .*debug_print_object'
expect_lockdep 1
notices lock-order 'WARNING: possible circular locking dependency detected'
expect_lockdep 0
notices use-after-free 'BUG: KASAN: (slab-)?use-after-free in .* \[bugs\]'
notices double-free 'BUG: KASAN: double-free'
notices out-of-bounds 'BUG: KASAN: slab-out-of-bounds in .* \[bugs\]'
notices vmalloc-out-of-bounds 'BUG: KASAN: vmalloc-out-of-bounds in .* \[bugs\]'
notices stack-out-of-bounds 'BUG: KASAN: stack-out-of-bounds in .* \[bugs\]'
notices shift 'UBSAN: shift-out-of-bounds'

leaks=/sys/kernel/debug/kmemleak
echo clear >$leaks
insmod "$ko" kind=leak 2>/dev/null || true
sleep 6
kernel_mark leak
# what lies on a stack by chance counts as known: not all ten need be found
echo scan >$leaks
echo scan >$leaks
expect_match "$(kernel_log_since leak | grep -E -- "$words" || true)" 'new suspected memory leaks' "kmemleak says so"
expect_match "$(cat $leaks)" 'comm "insmod"' "and who it was"
