// SPDX-License-Identifier: GPL-2.0-only
/* What a patch does beside replacing code: hooks, states, other patches' places. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../patches/include/suture/patch.h"
#include "pack-int.h"

#define HOOK_STACK	(64U << 10)	/* where the patch says nothing, bytes */

/* 0: no hook */
static unsigned int hook_kind(const struct suture_meta *m)
{
	switch (m->kind) {
	case SUTURE_META_PRE_PATCH_:
		return SUTURE_HOOK_PRE_PATCH;
	case SUTURE_META_POST_PATCH_:
		return SUTURE_HOOK_POST_PATCH;
	case SUTURE_META_PRE_UNPATCH_:
		return SUTURE_HOOK_PRE_UNPATCH;
	case SUTURE_META_POST_UNPATCH_:
		return SUTURE_HOOK_POST_UNPATCH;
	default:
		return 0;
	}
}

bool suture_pack_is_hook(const struct suture_meta *m)
{
	return hook_kind(m);
}

/* The only record of a kind, or NULL; -EEXIST: there are two. */
static int find_one(const struct suture_packer *p, unsigned int kind,
		    const struct suture_meta **ret, struct suture_error *err)
{
	*ret = NULL;
	for (size_t i = 0; i < p->objs.nr_metas; i++) {
		const struct suture_meta *m = &p->objs.metas[i];

		if (m->kind != kind)
			continue;
		if (*ret)
			return suture_error_set(err, -EEXIST, META_AT ": was said already, at " META_AT,
						META_ARGS(m), META_ARGS(*ret));
		*ret = m;
	}
	return 0;
}

static int fill_hooks(struct suture_packer *p, const struct suture_target *patch, bool stubs,
		      uint64_t text, struct suture_note_writer *w, struct suture_error *err)
{
	const struct suture_meta *limit, *stack, *only;
	uint64_t size, enter = 0, leave = 0;
	int ret;

	ret = find_one(p, SUTURE_META_HOOK_LIMIT_, &limit, err);
	if (!ret)
		ret = find_one(p, SUTURE_META_HOOK_STACK_, &stack, err);
	if (ret)
		return ret;
	for (size_t i = 0; i < p->objs.nr_metas; i++) {
		const struct suture_meta *m = &p->objs.metas[i];

		if (!hook_kind(m))
			continue;
		if (w->nr_hooks == SUTURE_MAX_HOOKS)
			return suture_error_set(err, -E2BIG,
				META_AT ": `%s': a patch can have %d hooks", META_ARGS(m), m->name,
				SUTURE_MAX_HOOKS);
		w->hooks[w->nr_hooks++] = (struct suture_hook) {
			.kind = hook_kind(m), .addr = text + p->fns[m->record],
		};
	}
	only = limit ?: stack;
	if (!w->nr_hooks)
		return !only ? 0 : suture_error_set(err, -EINVAL,
			META_AT ": says how hooks are run, but the patch has none", META_ARGS(only));
	if (limit && (!limit->addr || limit->addr > SUTURE_HOOK_LIMIT_MAX))
		return suture_error_set(err, -EINVAL,
			META_AT ": SUTURE_HOOK_LIMIT is 1 to %u milliseconds", META_ARGS(limit),
			SUTURE_HOOK_LIMIT_MAX);
	if (stack && (stack->addr < SUTURE_HOOK_STACK_MIN || stack->addr > SUTURE_HOOK_STACK_MAX))
		return suture_error_set(err, -EINVAL,
			META_AT ": SUTURE_HOOK_STACK is %u to %u bytes", META_ARGS(stack),
			SUTURE_HOOK_STACK_MIN, SUTURE_HOOK_STACK_MAX);
	size = stack ? (stack->addr + 4095) & ~4095ULL : HOOK_STACK;
	w->head.hook_stack = size;
	w->head.hook_limit_ms = limit ? limit->addr : 0;
	/* until they are linked: anything in the text */
	w->head.hook_enter = w->head.hook_leave = text;
	if (!stubs)
		return 0;
	ret = suture_pack_symbol(patch, SUTURE_HOOK_ENTER, &enter, err);
	if (!ret)
		ret = suture_pack_symbol(patch, SUTURE_HOOK_LEAVE, &leave, err);
	w->head.hook_enter = enter;
	w->head.hook_leave = leave;
	return ret;
}

static int fill_states(struct suture_packer *p, struct suture_note_writer *w,
		       struct suture_error *err)
{
	const struct suture_meta *said[SUTURE_MAX_STATES];

	for (size_t i = 0; i < p->objs.nr_metas; i++) {
		const struct suture_meta *m = &p->objs.metas[i];

		if (m->kind != SUTURE_META_STATE_)
			continue;
		if (m->addr > UINT32_MAX || m->old_size > UINT32_MAX)
			return suture_error_set(err, -EINVAL,
				META_AT ": SUTURE_STATE(%s): id and version are 32-bit numbers, not negative",
				META_ARGS(m), m->name);
		if (w->nr_states == SUTURE_MAX_STATES)
			return suture_error_set(err, -E2BIG,
				META_AT ": SUTURE_STATE(%s): a patch can have %d states",
				META_ARGS(m), m->name, SUTURE_MAX_STATES);
		for (size_t j = 0; j < w->nr_states; j++) {
			if (w->states[j].id == m->addr)
				return suture_error_set(err, -EEXIST,
					META_AT ": SUTURE_STATE(%s): there is a state with the id %u already, at " META_AT,
					META_ARGS(m), m->name, w->states[j].id, META_ARGS(said[j]));
		}
		said[w->nr_states] = m;
		w->states[w->nr_states++] = (struct suture_state) {
			.id = m->addr, .version = m->old_size, .slot = p->fns[m->record],
		};
	}
	return 0;
}

static int fill_replaces(struct suture_packer *p, struct suture_note_writer *w,
			 struct suture_error *err)
{
	for (size_t i = 0; i < p->objs.nr_metas; i++) {
		const struct suture_meta *m = &p->objs.metas[i];
		uint32_t name;

		if (m->kind != SUTURE_META_REPLACES_)
			continue;
		if (w->head.flags & SUTURE_NOTE_REPLACE)
			return suture_error_set(err, -EINVAL,
				META_AT ": SUTURE_REPLACES(\"%s\"), but SUTURE_REPLACES_ALL is said, too",
				META_ARGS(m), m->name);
		if (!suture_pack_is_name(m->name, strlen(m->name)))
			return suture_error_set(err, -EINVAL,
				META_AT ": `%s' cannot be a patch's name", META_ARGS(m), m->name);
		if (!strcmp(m->name, p->name))
			return suture_error_set(err, -EINVAL,
				META_AT ": SUTURE_REPLACES(\"%s\") is this patch itself",
				META_ARGS(m), m->name);
		if (w->nr_replaces == SUTURE_MAX_REPLACES)
			return suture_error_set(err, -E2BIG,
				META_AT ": a patch can name %d others", META_ARGS(m),
				SUTURE_MAX_REPLACES);
		name = suture_note_string(w, m->name);
		for (size_t j = 0; j < w->nr_replaces; j++) {
			if (w->replaces[j] == name)
				return suture_error_set(err, -EEXIST,
					META_AT ": SUTURE_REPLACES(\"%s\") is said twice",
					META_ARGS(m), m->name);
		}
		w->replaces[w->nr_replaces++] = name;
	}
	return 0;
}

int suture_pack_life(struct suture_packer *p, const struct suture_target *patch, bool stubs,
		     struct suture_note_writer *w, struct suture_error *err)
{
	uint64_t text;
	int ret = suture_pack_symbol(patch, "suture.text", &text, err);

	if (ret)
		return ret;
	w->hooks = calloc(SUTURE_MAX_HOOKS, sizeof(*w->hooks));
	w->states = calloc(SUTURE_MAX_STATES, sizeof(*w->states));
	w->replaces = calloc(SUTURE_MAX_REPLACES, sizeof(*w->replaces));
	if (!w->hooks || !w->states || !w->replaces)
		return suture_error_nomem(err);
	ret = fill_hooks(p, patch, stubs, text, w, err);
	if (!ret)
		ret = fill_states(p, w, err);
	if (!ret)
		ret = fill_replaces(p, w, err);
	return ret;
}
