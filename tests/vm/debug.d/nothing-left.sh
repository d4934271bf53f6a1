#!/bin/bash
# meaning: a thousand times a patch goes in and out, and two hundred times the module with it: nothing of it stays in the kernel's memory
# limit: 1200
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

rounds=1000
# each time the kernel looks for two functions among all its symbols, which takes seconds here
every=5
leaks=/sys/kernel/debug/kmemleak
echo scan >$leaks || die "kmemleak is not on"

# Objects of every slab cache and areas of vmalloc, when nothing is kept that need not be.
objects() {
	local cache
	sync
	echo 3 >/proc/sys/vm/drop_caches
	# KASAN keeps what was freed until the cache is shrunk
	for cache in /sys/kernel/slab/*/shrink; do
		echo 1 >"$cache"
	done
	# Each of these files leaves an object of 128 bytes when it is closed, to be freed by
	# kfree_rcu(), which may let five seconds go by.
	sleep 6
	for cache in /sys/kernel/slab/kmalloc-*/shrink; do
		echo 1 >"$cache"
	done
	# What debugobjects keeps for later is its own business; what it watches is not.
	awk '/^[a-z]/ && $1 != "slabinfo" && $1 != "debug_objects_cache" { print $1, $2 }' /proc/slabinfo
	awk -F : '$1 ~ /^pool_used/ { print "watched-objects", $2 }' /sys/kernel/debug/debug_objects/stats
	echo "vmalloc-areas $(wc -l </proc/vmallocinfo)"
	awk -F : '/lock-classes|dynamic-keys|list_head|work_struct/ { gsub(" ", "-", $1); print $1, $2 + 0 }' /proc/lockdep_stats
}

# What RCU has yet to free, or KASAN keeps, is counted now and not the next time.
least_objects() {
	local look
	for look in 1 2 3; do
		objects >"look.$look"
	done
	awk '!($1 in least) || $2 < least[$1] { least[$1] = $2 }
		END { for (name in least) print name, least[name] }' look.?
}

rounds() {
	output=$("$T/hazard/reload" "$SUTURE_KO" "$(spm replace-quiescent)" "$LIB" "$1" $every) ||
		die "reload: exit status $?"
	expect_eq "$output" "rounds $1" "what was done"
}

start one "$T/funcs/funcs"
is one "ok 2" spin 2
start two "$T/threads/sleepers"
is two "ok 16" start 400
unload_module
rounds 50
# what the kernel itself has lost until now is not our business
sleep 6
echo scan >$leaks
echo scan >$leaks
grep -c '^unreferenced object' $leaks || true
! grep -F suture $leaks || die "already after 50 rounds something is left"
echo clear >$leaks
least_objects >first
begin=$(now_ms)
rounds $rounds
ok "$rounds rounds in $((($(now_ms) - begin) / 1000)) s"
least_objects >last
is one ok old replace
is two ok old replace
ask two report
expect_eq "$(part eintr) $(part failed)" "0 0" "interrupted and failed calls"

# what was allocated in the last five seconds is not reported
sleep 6
for scan in 1 2 3; do
	echo scan >$leaks
done
cat $leaks
expect_eq "$(grep -c '^unreferenced object' $leaks || true)" 0 "objects that nobody refers to"
# One object each time that the module goes in would be twice as many.
limit=$((rounds / every / 2))
awk -v limit=$limit 'NR == FNR { first[$1] = $2; next }
	$2 - first[$1] > limit { print $1 ": " first[$1] + 0 ", then " $2; bad = 1 }
	END { exit bad }' first last >grown || die "these have grown: $(paste -s -d ';' grown)"
ok "no slab cache has grown by more than $limit objects"
expect_le "$(($(awk '/^vmalloc-areas/ { print $2 }' last) - $(awk '/^vmalloc-areas/ { print $2 }' first)))" 20 \
	"new areas of vmalloc"
