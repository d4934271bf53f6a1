// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store of shadow variables, one in each patch that uses them.
 *
 * It is lock-free, and must be: a hook runs while all other threads of the process are
 * held wherever they are, a signal may come anywhere, and a child of fork has only one of
 * its parent's threads. A lock that is held at such a moment would never be released.
 *
 * The arena begins with the buckets of a hash table; chunks follow, each a head and the
 * data of one variable. The list of a bucket is sorted by key. Its links are words that
 * only compare-and-swap changes:
 *
 *	bits 0..23	index of the next chunk, in units of 16 bytes; 0: the last one
 *	LINK_DEAD	the chunk with this word is taken away: it is to be unlinked,
 *			and nothing is inserted behind it any more
 *	LINK_READY	its variable is constructed
 *	the rest	a tag that counts changes, also over the chunk's next lives
 *
 * (Michael's lists: "High Performance Dynamic Lock-Free Hash Tables", 2002.) A chunk keeps
 * its place and size for good, so whoever holds a stale index still reads a head, and
 * finds by the tag of the word before that it is no part of the list. Who set LINK_DEAD
 * on a ready chunk frees it, after a walk past its place. A chunk that is not ready
 * belongs to its constructor, who frees it in any case; others may only set LINK_DEAD,
 * when that thread seems to be gone.
 */
#include <errno.h>
#include <stdbool.h>

#include <suture/shadow.h>

#define UNIT		16UL
#define INDEX_BITS	24
#define INDEX_MASK	((1UL << INDEX_BITS) - 1)
#define LINK_DEAD	(1UL << INDEX_BITS)
#define LINK_READY	(2UL << INDEX_BITS)
#define LINK_TAG	(4UL << INDEX_BITS)	/* what is added to count */
#define FREE_TAG	(1UL << INDEX_BITS)	/* likewise, in the words of free chunks */
#define CLASSES		((INDEX_BITS - 2) * 4 + 8)

/* Turns in which a constructor may finish, some milliseconds. */
#define PATIENCE	(1 << 16)

/* For data of any type. */
typedef unsigned long word_t __attribute__((may_alias));

struct chunk {
	unsigned long next;	/* link word */
	unsigned long obj, id;
	unsigned int units;	/* with this head; set once */
	unsigned int free_next;	/* index, while it is free */
	char data[];
};

/* What SUTURE_SHADOW_STATE_VERSION is the version of: this, the arena and the chunks.
 * Another patch reads it, see suture_shadow_take(). */
struct store {
	unsigned long layout;
	const unsigned long *size;	/* of the arena, bytes */
	char *arena;
	unsigned long top;		/* units behind the buckets that are chunks */
	unsigned long free[CLASSES];	/* by size: index of a free chunk, and a tag */
};

/* Where a key is, or would be. */
struct place {
	unsigned long *prev;	/* the link word before it */
	unsigned long prev_value;
	struct chunk *chunk;	/* that has the key, else the next one, or NULL */
	unsigned long value;	/* of its link word */
};

/* SUTURE_SHADOW_ARENA() makes others. */
__attribute__((weak, aligned(64))) char suture_shadow_arena[256 << 10];
__attribute__((weak)) const unsigned long suture_shadow_arena_size = 256 << 10;

static struct store store = {
	.layout = SUTURE_SHADOW_STATE_VERSION,
	.size = &suture_shadow_arena_size,
	.arena = suture_shadow_arena,
};
SUTURE_STATE(SUTURE_SHADOW_STATE, SUTURE_SHADOW_STATE_VERSION, store);

static unsigned long load(const unsigned long *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static bool swap(unsigned long *word, unsigned long old, unsigned long new)
{
	return __atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

static void relax(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#else
	__asm__ volatile("yield");
#endif
}

static unsigned long arena_units(const struct store *s)
{
	unsigned long units = *s->size / UNIT;

	return units < INDEX_MASK ? units : INDEX_MASK;
}

/* One bucket for each KiB, a power of two, at least 2: what fills a unit. */
static unsigned int bucket_bits(const struct store *s)
{
	unsigned long size = *s->size >> 10;

	return size < 2 ? 1 : 63 - __builtin_clzl(size);
}

static unsigned long *bucket(struct store *s, unsigned long i)
{
	return (unsigned long *)s->arena + i;
}

static unsigned long *bucket_of(struct store *s, unsigned long obj, unsigned long id)
{
	unsigned long hash = (obj ^ (id << 32 | id >> 32)) * 0x9e3779b97f4a7c15UL;

	return bucket(s, hash >> (64 - bucket_bits(s)));
}

static struct chunk *chunk_at(const struct store *s, unsigned long word)
{
	unsigned long index = word & INDEX_MASK;

	return index ? (struct chunk *)(s->arena + index * UNIT) : NULL;
}

static unsigned long index_of(const struct store *s, const struct chunk *chunk)
{
	return ((const char *)chunk - s->arena) / UNIT;
}

/* The word with another index, and a change more. */
static unsigned long relink(unsigned long word, unsigned long index)
{
	return (word & ~INDEX_MASK) + LINK_TAG + (index & INDEX_MASK);
}

/* Bytes of data that fit. */
static size_t room(const struct chunk *chunk)
{
	return chunk->units * UNIT - sizeof(*chunk);
}

/* Copies, or zeroes; in a loop that no compiler takes for a memcpy or memset. */
static void fill(word_t *to, const word_t *from, size_t size)
{
	for (size_t i = 0; i < size / sizeof(*to); i++) {
		to[i] = from ? from[i] : 0;
		__asm__ volatile("" : : : "memory");
	}
}

/* ------------------------------------------------------------- free chunks */

/* Four sizes between a power of two and the next: rounds up the units, and has the
 * number of that size. */
static unsigned int size_class(unsigned long *units)
{
	unsigned int shift = 0;

	while (*units >> shift > 7)
		shift++;
	*units = (*units + (1UL << shift) - 1) >> shift << shift;
	return shift * 4 + (*units >> shift);
}

static struct chunk *pop(struct store *s, unsigned int class)
{
	unsigned long word, next;
	struct chunk *chunk;

	do {
		word = load(&s->free[class]);
		chunk = chunk_at(s, word);
		if (!chunk)
			return NULL;
		next = __atomic_load_n(&chunk->free_next, __ATOMIC_RELAXED);
	} while (!swap(&s->free[class], word, (word & ~INDEX_MASK) + FREE_TAG + next));
	return chunk;
}

static void push(struct store *s, struct chunk *chunk)
{
	unsigned long units = chunk->units, word;
	unsigned int class = size_class(&units);

	do {
		word = load(&s->free[class]);
		__atomic_store_n(&chunk->free_next, word & INDEX_MASK, __ATOMIC_RELAXED);
	} while (!swap(&s->free[class], word,
		       (word & ~INDEX_MASK) + FREE_TAG + index_of(s, chunk)));
}

static struct chunk *carve(struct store *s, unsigned long units)
{
	unsigned long first = (sizeof(long) << bucket_bits(s)) / UNIT, top;
	struct chunk *chunk;

	do {
		top = load(&s->top);
		if (first + top + units > arena_units(s))
			return NULL;
	} while (!swap(&s->top, top, top + units));
	chunk = chunk_at(s, first + top);
	chunk->units = units;
	return chunk;
}

/* A chunk with room for so many bytes, which are 0; its link word keeps its tag. */
static struct chunk *take_chunk(struct store *s, size_t size)
{
	unsigned long units = (sizeof(struct chunk) + size + UNIT - 1) / UNIT;
	struct chunk *chunk;
	unsigned int class;

	if (size > *s->size)
		return NULL;
	if (units < 3)
		units = 3;
	class = size_class(&units);
	chunk = pop(s, class);
	if (!chunk)
		chunk = carve(s, units);
	/* A larger one is better than none. */
	while (!chunk && ++class < CLASSES)
		chunk = pop(s, class);
	if (!chunk)
		return NULL;
	fill((word_t *)chunk->data, NULL, room(chunk));
	return chunk;
}

/* ------------------------------------------------------------------- lists */

/* Looks for the key, and unlinks the dead on the way: none with this key is left in the
 * list that was dead before. */
static bool find(struct store *s, unsigned long obj, unsigned long id, struct place *ret)
{
	unsigned long chunk_obj, chunk_id, unlinked;

again:
	ret->prev = bucket_of(s, obj, id);
	ret->prev_value = load(ret->prev);
	while ((ret->chunk = chunk_at(s, ret->prev_value))) {
		ret->value = load(&ret->chunk->next);
		chunk_obj = load(&ret->chunk->obj);
		chunk_id = load(&ret->chunk->id);
		/* As long as the word before is the same, that was a part of the list. */
		if (load(ret->prev) != ret->prev_value)
			goto again;
		if (ret->value & LINK_DEAD) {
			unlinked = relink(ret->prev_value, ret->value);
			if (!swap(ret->prev, ret->prev_value, unlinked))
				goto again;
			ret->prev_value = unlinked;
			continue;
		}
		if (chunk_obj == obj && chunk_id == id)
			return true;
		if (chunk_obj > obj || (chunk_obj == obj && chunk_id > id))
			return false;
		ret->prev = &ret->chunk->next;
		ret->prev_value = ret->value;
	}
	return false;
}

/* Enters a chunk with this key at a place where find() has found none. */
static bool insert(struct store *s, const struct place *place, struct chunk *chunk,
		   unsigned long obj, unsigned long id)
{
	unsigned long behind = place->prev_value & INDEX_MASK;
	unsigned long next = load(&chunk->next) & ~(LINK_DEAD | LINK_READY);

	__atomic_store_n(&chunk->obj, obj, __ATOMIC_RELAXED);
	__atomic_store_n(&chunk->id, id, __ATOMIC_RELAXED);
	__atomic_store_n(&chunk->next, relink(next, behind), __ATOMIC_RELEASE);
	return swap(place->prev, place->prev_value,
		    relink(place->prev_value, index_of(s, chunk)));
}

/* After its construction: everybody may see it; false: it was taken away meanwhile. */
static bool publish(struct chunk *chunk)
{
	unsigned long value;

	do {
		value = load(&chunk->next);
		if (value & LINK_DEAD)
			return false;
	} while (!swap(&chunk->next, value, (value | LINK_READY) + LINK_TAG));
	return true;
}

/* Takes its constructor's chunk out of the list. */
static void withdraw(struct store *s, struct chunk *chunk)
{
	unsigned long value;
	struct place place;

	do {
		value = load(&chunk->next);
	} while (!(value & LINK_DEAD) && !swap(&chunk->next, value, (value | LINK_DEAD) + LINK_TAG));
	find(s, chunk->obj, chunk->id, &place);
	push(s, chunk);
}

/* Takes a ready variable away; false: somebody else does, or has changed its link. */
static bool take_away(struct store *s, struct chunk *chunk, unsigned long value,
		      unsigned long obj, unsigned long id, suture_shadow_dtor dtor)
{
	struct place place;

	if (!swap(&chunk->next, value, (value | LINK_DEAD) + LINK_TAG))
		return false;
	find(s, obj, id, &place);
	if (dtor)
		dtor((void *)obj, chunk->data);
	push(s, chunk);
	return true;
}

static void *add(struct store *s, unsigned long obj, unsigned long id, size_t size,
		 suture_shadow_ctor ctor, void *ctor_data, bool or_get)
{
	unsigned long patience = PATIENCE;
	struct chunk *chunk = NULL;
	struct place place;

	for (;;) {
		if (find(s, obj, id, &place)) {
			if (place.value & LINK_READY) {
				if (chunk)
					push(s, chunk);
				return or_get ? place.chunk->data : NULL;
			}
			/* Somebody is about to construct it, or was. */
			relax();
			if (!--patience) {
				swap(&place.chunk->next, place.value,
				     (place.value | LINK_DEAD) + LINK_TAG);
				patience = PATIENCE;
			}
			continue;
		}
		if (!chunk)
			chunk = take_chunk(s, size);
		if (!chunk)
			return NULL;
		if (!insert(s, &place, chunk, obj, id))
			continue;
		if (ctor && ctor((void *)obj, chunk->data, ctor_data)) {
			withdraw(s, chunk);
			return NULL;
		}
		if (publish(chunk))
			return chunk->data;
		/* It took too long, and whoever waited has made his own. */
		withdraw(s, chunk);
		chunk = NULL;
		patience = PATIENCE;
	}
}

/* --------------------------------------------------------------- interface */

void *suture_shadow_get(void *obj, unsigned long id)
{
	struct place place;

	if (!find(&store, (unsigned long)obj, id, &place) || !(place.value & LINK_READY))
		return NULL;
	return place.chunk->data;
}

void *suture_shadow_alloc(void *obj, unsigned long id, size_t size, suture_shadow_ctor ctor,
			  void *ctor_data)
{
	return add(&store, (unsigned long)obj, id, size, ctor, ctor_data, false);
}

void *suture_shadow_get_or_alloc(void *obj, unsigned long id, size_t size,
				 suture_shadow_ctor ctor, void *ctor_data)
{
	return add(&store, (unsigned long)obj, id, size, ctor, ctor_data, true);
}

void suture_shadow_free(void *obj, unsigned long id, suture_shadow_dtor dtor)
{
	struct place place;

	while (find(&store, (unsigned long)obj, id, &place) && place.value & LINK_READY) {
		if (take_away(&store, place.chunk, place.value, (unsigned long)obj, id, dtor))
			return;
	}
}

/* Takes away what one bucket has of an id; all: of every id. */
static void empty(unsigned long *head, unsigned long id, bool all, suture_shadow_dtor dtor)
{
	unsigned long *prev, prev_value, value, obj, chunk_id;
	struct place place;
	struct chunk *chunk;

again:
	prev = head;
	prev_value = load(prev);
	while ((chunk = chunk_at(&store, prev_value))) {
		value = load(&chunk->next);
		obj = load(&chunk->obj);
		chunk_id = load(&chunk->id);
		if (load(prev) != prev_value)
			goto again;
		if (value & LINK_DEAD) {
			find(&store, obj, chunk_id, &place);
			goto again;
		}
		if (value & LINK_READY && (all || chunk_id == id)) {
			take_away(&store, chunk, value, obj, chunk_id, dtor);
			goto again;
		}
		prev = &chunk->next;
		prev_value = value;
	}
}

static void empty_all(unsigned long id, bool all, suture_shadow_dtor dtor)
{
	for (unsigned long i = 0; i < 1UL << bucket_bits(&store); i++)
		empty(bucket(&store, i), id, all, dtor);
}

void suture_shadow_free_all(unsigned long id, suture_shadow_dtor dtor)
{
	empty_all(id, false, dtor);
}

static int copy(void *obj, void *data, void *ctor_data)
{
	const struct chunk *from = ctor_data;

	(void)obj;
	fill(data, (const word_t *)from->data, room(from));
	return 0;
}

/* Copies of all in the other store, whose threads are held, with one id, or with any. */
static int take(struct store *from, unsigned long id, bool all)
{
	for (unsigned long i = 0; i < 1UL << bucket_bits(from); i++) {
		unsigned long word = *bucket(from, i);
		struct chunk *chunk;

		for (; (chunk = chunk_at(from, word)); word = chunk->next) {
			if (chunk->next & LINK_DEAD || !(chunk->next & LINK_READY))
				continue;
			if (!all && chunk->id != id)
				continue;
			if (!add(&store, chunk->obj, chunk->id,
				 room(chunk), copy, chunk, false))
				return -ENOMEM;
		}
	}
	return 0;
}

static int previous(struct store **ret)
{
	struct store *from = SUTURE_STATE_PREVIOUS(SUTURE_SHADOW_STATE);

	if (from && from->layout != SUTURE_SHADOW_STATE_VERSION)
		return -EINVAL;
	*ret = from;
	return 0;
}

int suture_shadow_take(void)
{
	struct store *from;
	int err = previous(&from);

	if (err)
		return err;
	empty_all(0, true, NULL);
	return from ? take(from, 0, true) : 0;
}

int suture_shadow_take_ids(const unsigned long *ids, size_t nr)
{
	struct store *from;
	int err = previous(&from);

	for (size_t i = 0; !err && i < nr; i++) {
		empty_all(ids[i], false, NULL);
		err = from ? take(from, ids[i], false) : 0;
	}
	return err;
}
