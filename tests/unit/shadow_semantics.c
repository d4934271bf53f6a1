// SPDX-License-Identifier: GPL-2.0
/* Shadow variables, one thread: what the functions do, the arena, take-over, fork. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../patches/lib/shadow.c"

#define ARENA	(8 << 10)

/* Less than the arena that there is. */
static const unsigned long arena_size = ARENA;

static void small_arena(void)
{
	store.size = &arena_size;
}

TestSuite(shadow, .init = small_arena);

static int objects[4096];
static int nr_ctor, nr_dtor;

static int set(void *obj, void *data, void *ctor_data)
{
	nr_ctor++;
	cr_assert(obj);
	memcpy(data, ctor_data, sizeof(int));
	return 0;
}

static int say_no(void *obj, void *data, void *ctor_data)
{
	(void)obj;
	(void)ctor_data;
	nr_ctor++;
	memset(data, 0xff, sizeof(int));
	return -1;
}

static void gone(void *obj, void *data)
{
	nr_dtor++;
	/* It has left the store already. */
	cr_expect_null(suture_shadow_get(obj, 1));
	cr_expect_eq(*(int *)data, (int *)obj - objects);
}

static int *add_number(int i, unsigned long id)
{
	return suture_shadow_alloc(&objects[i], id, sizeof(int), set, &i);
}

Test(shadow, get_what_was_attached)
{
	int *one, *two, *other;

	cr_expect_null(suture_shadow_get(&objects[1], 1));
	one = add_number(1, 1);
	two = add_number(2, 1);
	other = suture_shadow_alloc(&objects[1], 2, sizeof(int), NULL, NULL);
	cr_assert(one && two && other);
	cr_expect_eq(suture_shadow_get(&objects[1], 1), one);
	cr_expect_eq(suture_shadow_get(&objects[2], 1), two);
	cr_expect_eq(suture_shadow_get(&objects[1], 2), other);
	cr_expect_null(suture_shadow_get(&objects[2], 2));
	cr_expect_null(suture_shadow_get(&objects[3], 1));
	cr_expect_eq(*one, 1);
	cr_expect_eq(*two, 2);
	cr_expect_eq(*other, 0);
	/* Ids of all sizes, and no object at all. */
	cr_assert(suture_shadow_alloc(NULL, ~0UL, 1, NULL, NULL));
	cr_assert(suture_shadow_alloc(&objects[1], 1UL << 32, 1, NULL, NULL));
	cr_expect(suture_shadow_get(NULL, ~0UL));
	cr_expect_neq(suture_shadow_get(&objects[1], 1UL << 32), one);
}

Test(shadow, alloc_of_an_existing_one_is_null)
{
	int *one = add_number(1, 1);

	cr_expect_null(add_number(1, 1));
	cr_expect_eq(nr_ctor, 1);
	cr_expect_eq(suture_shadow_get(&objects[1], 1), one);
}

Test(shadow, get_or_alloc)
{
	int seven = 7, eight = 8;
	int *one = suture_shadow_get_or_alloc(&objects[1], 1, sizeof(int), set, &seven);

	cr_assert(one);
	cr_expect_eq(suture_shadow_get_or_alloc(&objects[1], 1, 4000, set, &eight), one);
	cr_expect_eq(nr_ctor, 1);
	cr_expect_eq(*one, 7);
}

Test(shadow, constructor_says_no)
{
	int *one;

	cr_expect_null(suture_shadow_alloc(&objects[1], 1, 4, say_no, NULL));
	cr_expect_null(suture_shadow_get(&objects[1], 1));
	cr_expect_null(suture_shadow_get_or_alloc(&objects[1], 1, 4, say_no, NULL));
	cr_expect_eq(nr_ctor, 2);
	/* What it has left behind is not seen. */
	one = suture_shadow_alloc(&objects[1], 1, 4, NULL, NULL);
	cr_assert(one);
	cr_expect_eq(*one, 0);
	cr_expect_eq(store.top, 3, "one chunk was enough");
}

Test(shadow, free_one)
{
	add_number(1, 1);
	add_number(1, 2);
	suture_shadow_free(&objects[1], 1, gone);
	cr_expect_eq(nr_dtor, 1);
	cr_expect_null(suture_shadow_get(&objects[1], 1));
	cr_expect(suture_shadow_get(&objects[1], 2));
	suture_shadow_free(&objects[1], 1, gone);
	suture_shadow_free(&objects[2], 1, gone);
	cr_expect_eq(nr_dtor, 1, "there was nothing to free");
	suture_shadow_free(&objects[1], 2, NULL);
	cr_expect_null(suture_shadow_get(&objects[1], 2));
	cr_expect(add_number(1, 1));
}

Test(shadow, free_all_of_an_id)
{
	for (int i = 0; i < 50; i++) {
		cr_assert(add_number(i, 1));
		cr_assert(add_number(i, 2));
	}
	suture_shadow_free_all(3, gone);
	cr_expect_eq(nr_dtor, 0);
	suture_shadow_free_all(1, gone);
	cr_expect_eq(nr_dtor, 50);
	for (int i = 0; i < 50; i++) {
		cr_expect_null(suture_shadow_get(&objects[i], 1));
		cr_expect_eq(*(int *)suture_shadow_get(&objects[i], 2), i);
	}
	suture_shadow_free_all(2, NULL);
	for (int i = 0; i < 50; i++)
		cr_expect_null(suture_shadow_get(&objects[i], 2));
}

static void frees_others(void *obj, void *data)
{
	(void)data;
	nr_dtor++;
	suture_shadow_free(obj, 2, NULL);
	suture_shadow_alloc(obj, 3, 16, NULL, NULL);
}

Test(shadow, destructor_uses_the_store)
{
	for (int i = 0; i < 20; i++) {
		add_number(i, 1);
		add_number(i, 2);
	}
	suture_shadow_free_all(1, frees_others);
	cr_expect_eq(nr_dtor, 20);
	for (int i = 0; i < 20; i++) {
		cr_expect_null(suture_shadow_get(&objects[i], 1));
		cr_expect_null(suture_shadow_get(&objects[i], 2));
		cr_expect(suture_shadow_get(&objects[i], 3));
	}
}

Test(shadow, aligned_zero_and_apart)
{
	unsigned char *data[16];
	size_t sizes[] = { 0, 1, 8, 15, 16, 17, 24, 100, 128, 129, 500, 1000 };
	size_t nr = sizeof(sizes) / sizeof(sizes[0]);

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < nr; i++) {
			data[i] = suture_shadow_alloc(&objects[i], 1, sizes[i], NULL, NULL);
			cr_assert(data[i], "%zu bytes", sizes[i]);
			cr_expect_eq((uintptr_t)data[i] % 16, 0);
			for (size_t n = 0; n < sizes[i]; n++)
				cr_assert_eq(data[i][n], 0, "%zu bytes, byte %zu", sizes[i], n);
			memset(data[i], i + 1, sizes[i]);
		}
		for (size_t i = 0; i < nr; i++) {
			cr_expect_eq(suture_shadow_get(&objects[i], 1), data[i]);
			for (size_t n = 0; n < sizes[i]; n++)
				cr_assert_eq(data[i][n], i + 1);
		}
		suture_shadow_free_all(1, NULL);
	}
}

/* Fills the arena with variables of one size. */
static int fill_up(size_t size, int first)
{
	int i = first;

	while (suture_shadow_alloc(&objects[i], 1, size, NULL, NULL))
		cr_assert_lt(++i, 4096);
	return i - first;
}

Test(shadow, exhausted_and_used_again)
{
	int n = fill_up(16, 0);

	/* 48 bytes each, and 64 for the buckets of 8 KiB */
	cr_expect_eq(n, (ARENA - 64) / 48);
	cr_expect_null(suture_shadow_get_or_alloc(&objects[n], 1, 16, NULL, NULL));
	for (int i = 0; i < n; i++)
		cr_assert(suture_shadow_get(&objects[i], 1));
	/* One goes, one comes. */
	suture_shadow_free(&objects[5], 1, NULL);
	cr_expect(suture_shadow_alloc(&objects[n], 1, 16, NULL, NULL));
	cr_expect_null(suture_shadow_alloc(&objects[n + 1], 1, 16, NULL, NULL));
	/* All of it, many times. */
	for (int round = 0; round < 100; round++) {
		suture_shadow_free_all(1, NULL);
		cr_assert_eq(fill_up(16, round), n);
	}
}

Test(shadow, larger_chunks_serve_when_nothing_else_is_left)
{
	int n = fill_up(1000, 0);

	cr_assert_gt(n, 5);
	fill_up(16, n);
	cr_expect_null(suture_shadow_alloc(&objects[4000], 1, 16, NULL, NULL));
	suture_shadow_free(&objects[0], 1, NULL);
	cr_assert(suture_shadow_alloc(&objects[4000], 1, 16, NULL, NULL));
	suture_shadow_free(&objects[4000], 1, NULL);
	cr_expect(suture_shadow_alloc(&objects[0], 1, 1000, NULL, NULL), "it has kept its size");
}

Test(shadow, too_large)
{
	cr_expect_null(suture_shadow_alloc(&objects[0], 1, ARENA, NULL, NULL));
	cr_expect_null(suture_shadow_alloc(&objects[0], 1, (size_t)-1, NULL, NULL));
	cr_expect_null(suture_shadow_alloc(&objects[0], 1, (size_t)-64, NULL, NULL));
	cr_expect_null(suture_shadow_alloc(&objects[0], 1, 1UL << 32, NULL, NULL));
	cr_expect(suture_shadow_alloc(&objects[0], 1, ARENA / 2, NULL, NULL));
}

/* Every size has a number of its own, rounds up by a quarter at most, and a chunk is
 * returned to the sizes that it was taken for. */
Test(shadow, sizes)
{
	unsigned int last = 0;

	for (unsigned long n = 3; n <= INDEX_MASK; n += 1 + n / 1000) {
		unsigned long units = n, again;
		unsigned int class = size_class(&units);

		cr_assert_lt(class, CLASSES);
		cr_assert_geq(class, last);
		cr_assert_geq(units, n);
		cr_assert_leq(units, n + n / 4);
		again = units;
		cr_assert_eq(size_class(&again), class);
		cr_assert_eq(again, units);
		last = class;
	}
}

/* ------------------------------------------------------------- the next patch */

static struct store other;
static char other_arena[ARENA] __attribute__((aligned(64)));

/* What is there now becomes the store of the patch that is replaced. */
static void becomes_previous(void)
{
	other = store;
	memcpy(other_arena, suture_shadow_arena, ARENA);
	other.arena = other_arena;
	memset(suture_shadow_arena, 0, ARENA);
	store.top = 0;
	memset(store.free, 0, sizeof(store.free));
	SUTURE_STATE_SLOT_(SUTURE_SHADOW_STATE)->previous = &other;
	SUTURE_STATE_SLOT_(SUTURE_SHADOW_STATE)->previous_version = 1;
}

Test(shadow, take_all)
{
	char before[ARENA];

	for (int i = 0; i < 40; i++) {
		add_number(i, 1);
		if (i % 2)
			add_number(i, 2);
	}
	suture_shadow_free(&objects[7], 1, NULL);
	becomes_previous();
	memcpy(before, other_arena, ARENA);

	/* A hook that runs again, after whatever happened meanwhile, changes nothing. */
	for (int round = 0; round < 3; round++) {
		cr_assert_eq(suture_shadow_take(), 0);
		for (int i = 0; i < 41; i++) {
			int *one = suture_shadow_get(&objects[i], 1);
			int *two = suture_shadow_get(&objects[i], 2);

			cr_expect_eq(!one, i == 7 || i == 40);
			cr_expect_eq(!two, i % 2 == 0);
			if (one)
				cr_expect_eq(*one, i);
			if (two)
				cr_expect_eq(*two, i);
			if (one)
				*one = -1;
		}
		suture_shadow_free(&objects[3], 1, NULL);
		suture_shadow_alloc(&objects[40], 1, 16, NULL, NULL);
	}
	cr_expect_arr_eq(before, other_arena, ARENA, "the replaced patch's may be needed again");
}

Test(shadow, take_some_ids)
{
	static const unsigned long ids[] = { 1, 3 };

	for (unsigned long id = 1; id < 5; id++)
		add_number(1, id);
	becomes_previous();
	suture_shadow_alloc(&objects[9], 4, 16, NULL, NULL);
	cr_assert_eq(suture_shadow_take_ids(ids, 2), 0);
	for (unsigned long id = 1; id < 5; id++)
		cr_expect_eq(!suture_shadow_get(&objects[1], id), id % 2 == 0);
	cr_expect(suture_shadow_get(&objects[9], 4));
}

Test(shadow, take_nothing)
{
	cr_expect_eq(suture_shadow_take(), 0, "no patch was replaced");
	cr_expect_eq(store.top, 0);
	becomes_previous();
	cr_expect_eq(suture_shadow_take(), 0);
	cr_expect_eq(store.top, 0);
}

Test(shadow, take_from_what_is_larger_or_newer)
{
	int n = fill_up(16, 0);

	becomes_previous();
	cr_assert(suture_shadow_alloc(&objects[n], 2, 16, NULL, NULL));
	cr_expect_eq(suture_shadow_take(), 0, "its own were dropped");
	suture_shadow_free_all(1, NULL);
	store.top = arena_units(&store) - 100;
	memset(store.free, 0, sizeof(store.free));
	cr_expect_eq(suture_shadow_take(), -ENOMEM);
	other.layout++;
	cr_expect_eq(suture_shadow_take(), -EINVAL);
	cr_expect_eq(suture_shadow_take_ids((unsigned long[]){ 1 }, 1), -EINVAL);
}

/* A variable under construction, or one half taken away, is not taken over. */
static int becomes_previous_now(void *obj, void *data, void *ctor_data)
{
	(void)obj;
	(void)data;
	(void)ctor_data;
	becomes_previous();
	return 0;
}

Test(shadow, take_is_for_what_is_ready)
{
	add_number(1, 1);
	suture_shadow_alloc(&objects[2], 1, 4, becomes_previous_now, NULL);
	memset(suture_shadow_arena, 0, ARENA);
	cr_assert_eq(suture_shadow_take(), 0);
	cr_expect(suture_shadow_get(&objects[1], 1));
	cr_expect_null(suture_shadow_get(&objects[2], 1));
}

/* ------------------------------------------------------------ others stand still */

/* The constructor is where a thread can be held for the longest; what another may do
 * then is done here by the thread itself, as a hook or a signal handler would. */
static int meanwhile(void *obj, void *data, void *ctor_data)
{
	int *mine;

	cr_expect_null(suture_shadow_get(obj, 1), "it is not there yet");
	suture_shadow_free(obj, 1, gone);
	suture_shadow_free_all(1, gone);
	cr_expect_eq(nr_dtor, 0);
	cr_expect(add_number(2, 1), "others can be made");
	suture_shadow_free(&objects[2], 1, NULL);

	mine = suture_shadow_get_or_alloc(obj, 1, sizeof(int), set, ctor_data);
	cr_assert(mine, "after some time the turn is over");
	cr_expect_neq((void *)mine, data);
	*(int *)data = -1;
	return 0;
}

Test(shadow, constructor_that_does_not_come_to_its_end)
{
	int eleven = 11;
	int *got = suture_shadow_get_or_alloc(&objects[1], 1, sizeof(int), meanwhile, &eleven);

	cr_assert(got);
	cr_expect_eq(*got, 11);
	cr_expect_eq(suture_shadow_get(&objects[1], 1), got);
	/* Nothing is lost: two chunks of 48 bytes do for all there was. */
	suture_shadow_free_all(1, NULL);
	for (int i = 0; i < 2; i++)
		cr_assert(add_number(i, 1));
	cr_expect_eq(store.top, 6);
}

Test(shadow, alloc_whose_turn_is_over_is_null)
{
	int eleven = 11;

	cr_expect_null(suture_shadow_alloc(&objects[1], 1, sizeof(int), meanwhile, &eleven));
	cr_expect_eq(*(int *)suture_shadow_get(&objects[1], 1), 11);
}

/* The child of fork has its own copies, and a variable that another thread was making. */
static int fork_now(void *obj, void *data, void *ctor_data)
{
	pid_t *pid = ctor_data;

	(void)data;
	*pid = fork();
	if (*pid)
		return 0;
	/* The child never comes back from here, as if it were another thread. */
	alarm(20);
	if (suture_shadow_get(obj, 1))
		_exit(1);
	if (!suture_shadow_get(&objects[2], 1))
		_exit(2);
	*(int *)suture_shadow_get(&objects[2], 1) = 22;
	if (!suture_shadow_get_or_alloc(obj, 1, sizeof(int), set, (int[]){ 5 }))
		_exit(3);
	suture_shadow_free_all(1, NULL);
	if (suture_shadow_get(obj, 1) || suture_shadow_get(&objects[2], 1))
		_exit(4);
	_exit(0);
}

Test(shadow, fork_in_the_middle)
{
	int status = -1, *two = add_number(2, 1);
	pid_t pid;

	cr_assert(suture_shadow_alloc(&objects[1], 1, sizeof(int), fork_now, &pid));
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0);
	cr_expect_eq(*two, 2, "the parent's is its own");
	cr_expect(suture_shadow_get(&objects[1], 1));
}
