// SPDX-License-Identifier: GPL-2.0
/*
 * Shadow variables, many threads on few keys in a small arena. shadow_threads_tsan.c is
 * the same with the thread sanitizer.
 */
#ifdef __SANITIZE_THREAD__
#include "plain.h"
#else
#include <criterion/criterion.h>
#endif
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Between looking and changing a thread often loses the processor. */
static void stumble(void)
{
	static __thread unsigned int n;

	n = n * 1664525 + (unsigned long)&n + 1013904223;
	if (n >> 26 == 0)
		sched_yield();
}

#define __atomic_compare_exchange_n(...) (stumble(), __atomic_compare_exchange_n(__VA_ARGS__))
#include "../../patches/lib/shadow.c"

#define THREADS	8
#define KEYS	24

#ifdef __SANITIZE_THREAD__
#define ROUNDS	10000
#else
#define ROUNDS	40000
#endif

/* A variable; all words are equal in whatever somebody may see. */
struct value {
	unsigned long a[6];
};

static struct object {
	pthread_mutex_t lock;	/* where the test needs the data itself to be safe */
	unsigned long live;	/* constructed, and not destroyed */
} objects[KEYS];

static unsigned long nr_made, nr_freed;

static void init(void)
{
	static const unsigned long arena_size = 16 << 10;

	store.size = &arena_size;
	for (int i = 0; i < KEYS; i++)
		pthread_mutex_init(&objects[i].lock, NULL);
}

TestSuite(shadow, .init = init);

static int make(void *obj, void *data, void *ctor_data)
{
	struct value *value = data;

	(void)obj;
	for (int i = 0; i < 6; i++) {
		if (value->a[i])
			abort();
		value->a[i] = (unsigned long)ctor_data;
	}
	return 0;
}

static int make_often(void *obj, void *data, void *ctor_data)
{
	make(obj, data, ctor_data);
	return (unsigned long)ctor_data % 4 == 3;
}

static unsigned long word_of(const struct value *value)
{
	for (int i = 1; i < 6; i++)
		if (value->a[i] != value->a[0])
			abort();
	return value->a[0];
}

static void unmake(void *obj, void *data)
{
	(void)obj;
	if (!word_of(data))
		abort();
	__atomic_fetch_add(&nr_freed, 1, __ATOMIC_RELAXED);
}

static unsigned int next_random(unsigned int *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void run(void *(*body)(void *), int nr)
{
	pthread_t threads[THREADS];

	for (long i = 0; i < nr; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, body, (void *)(i + 1)), 0);
	for (int i = 0; i < nr; i++)
		cr_assert_eq(pthread_join(threads[i], NULL), 0);
}

/* Each key is one thread's own: nothing is lost, doubled or mixed up with another's,
 * though their chunks and lists are the same. */
static void *own_keys(void *arg)
{
	unsigned int seed = (unsigned long)arg;
	unsigned long me = (unsigned long)arg;
	unsigned long have[KEYS] = { 0 };

	for (unsigned long n = 1; n <= ROUNDS; n++) {
		int k = next_random(&seed) % KEYS;
		struct value *value = suture_shadow_get(&objects[k], me);

		if (!!value != !!have[k] || (value && word_of(value) != have[k]))
			abort();
		if (value) {
			suture_shadow_free(&objects[k], me, unmake);
			have[k] = 0;
		} else if (suture_shadow_alloc(&objects[k], me, 16 + next_random(&seed) % 64 + 32,
					       make, (void *)(me << 32 | n))) {
			have[k] = me << 32 | n;
			__atomic_fetch_add(&nr_made, 1, __ATOMIC_RELAXED);
		}
	}
	suture_shadow_free_all(me, unmake);
	for (int k = 0; k < KEYS; k++)
		if (suture_shadow_get(&objects[k], me))
			abort();
	return NULL;
}

Test(shadow, own_keys)
{
	run(own_keys, THREADS);
	cr_expect_gt(nr_made, ROUNDS);
	cr_expect_eq(nr_made, nr_freed);
}

/* All threads add to and take away the same few; who adds and who takes away a variable
 * is one thread each. The data are looked at under the object's lock, as authors do. */
static void *same_keys(void *arg)
{
	unsigned int seed = (unsigned long)arg * 7919;

	for (unsigned long n = 1; n <= ROUNDS; n++) {
		struct object *object = &objects[next_random(&seed) % KEYS];
		unsigned int what = next_random(&seed) % 8;

		if (what < 3) {
			if (suture_shadow_alloc(object, 1, sizeof(struct value), make_often,
						(void *)n))
				__atomic_fetch_add(&nr_made, 1, __ATOMIC_RELAXED);
		} else if (what < 6) {
			suture_shadow_free(object, 1, unmake);
		} else {
			suture_shadow_get(object, 1);
		}
		if (n % 1000 == 0)
			suture_shadow_free_all(1, unmake);
	}
	return NULL;
}

Test(shadow, same_keys)
{
	run(same_keys, THREADS);
	suture_shadow_free_all(1, unmake);
	cr_expect_gt(nr_made, ROUNDS / 4);
	cr_expect_eq(nr_made, nr_freed, "made %lu, freed %lu", nr_made, nr_freed);
}

/* Nobody frees: all threads get the one variable of an object, whole. */
static struct value *seen[KEYS];

static void *one_for_all(void *arg)
{
	unsigned int seed = (unsigned long)arg;

	for (unsigned long n = 1; n <= ROUNDS; n++) {
		int k = next_random(&seed) % KEYS;
		struct value *value = suture_shadow_get_or_alloc(&objects[k], 1,
								 sizeof(*value), make, (void *)n);
		struct value *first = NULL;

		if (!value || !word_of(value))
			abort();
		if (!__atomic_compare_exchange_n(&seen[k], &first, value, false,
						 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) &&
		    first != value)
			abort();
	}
	return NULL;
}

Test(shadow, one_for_all)
{
	run(one_for_all, THREADS);
	for (int k = 0; k < KEYS; k++)
		cr_expect_eq(suture_shadow_get(&objects[k], 1), seen[k]);
}

/* As the counter of a patch: under the target's lock, and never lost. */
static void *count(void *arg)
{
	unsigned int seed = (unsigned long)arg;

	for (unsigned long n = 0; n < ROUNDS; n++) {
		struct object *object = &objects[next_random(&seed) % KEYS];
		unsigned long *counter;

		pthread_mutex_lock(&object->lock);
		counter = suture_shadow_get_or_alloc(object, 2, sizeof(*counter), NULL, NULL);
		if (!counter)
			abort();
		++*counter;
		if (*counter > 50) {
			__atomic_fetch_add(&nr_made, *counter, __ATOMIC_RELAXED);
			suture_shadow_free(object, 2, NULL);
		}
		pthread_mutex_unlock(&object->lock);
	}
	return NULL;
}

static void add_up(void *obj, void *data)
{
	(void)obj;
	nr_made += *(unsigned long *)data;
}

Test(shadow, counters)
{
	run(count, THREADS);
	suture_shadow_free_all(2, add_up);
	cr_expect_eq(nr_made, (unsigned long)THREADS * ROUNDS);
}

#ifndef __SANITIZE_THREAD__
/* Children of fork, taken from the middle of it, and signal handlers go on by themselves. */
static volatile bool stop;

static void handler(int signal)
{
	static unsigned long n;

	(void)signal;
	n++;
	suture_shadow_get_or_alloc(&objects[n % KEYS], 1, sizeof(struct value), make, (void *)n);
	if (n % 3 == 0)
		suture_shadow_free_all(1, NULL);
}

static void *forever(void *arg)
{
	unsigned int seed = (unsigned long)arg;

	for (unsigned long n = 1; !stop; n++) {
		struct object *object = &objects[next_random(&seed) % KEYS];

		if (n % 2)
			suture_shadow_get_or_alloc(object, 1, sizeof(struct value), make,
						   (void *)n);
		else
			suture_shadow_free(object, 1, NULL);
	}
	return NULL;
}

Test(shadow, forks_and_signals)
{
	pthread_t threads[THREADS];
	int status;

	signal(SIGUSR1, handler);
	for (long i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, forever, (void *)(i + 1)), 0);
	for (int i = 0; i < 300; i++) {
		pid_t pid = fork();

		if (!pid) {
			alarm(30);
			for (int k = 0; k < KEYS; k++) {
				struct value *value;

				value = suture_shadow_get_or_alloc(&objects[k], 1, sizeof(*value),
								   make, (void *)7);
				if (!value || !word_of(value))
					_exit(1);
			}
			suture_shadow_free_all(1, unmake);
			for (int k = 0; k < KEYS; k++)
				if (suture_shadow_get(&objects[k], 1))
					_exit(2);
			_exit(0);
		}
		for (int k = 0; k < THREADS; k++)
			pthread_kill(threads[k], SIGUSR1);
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		cr_assert_eq(status, 0, "child %d: status %x", i, status);
	}
	stop = true;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	suture_shadow_free_all(1, NULL);
	for (int k = 0; k < KEYS; k++)
		cr_expect_null(suture_shadow_get(&objects[k], 1));
}
#endif
