// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks for what a query describes. Each section narrows a set; what is left must be one.
 * Nothing that the file says is believed further than its own bytes reach: addresses are
 * looked up, never followed, and the work that a damaged file can make is bounded.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seek-int.h"

#define SHOWN_MAX	8	/* addresses of what fits, in messages */

/* What is left of a section's candidates behind each of its lines. */
struct narrowing {
	const struct suture_seek_entry *entry;
	size_t left[SUTURE_SEEK_CONDS_MAX];
};

static const char *const kinds[] = {
	[SUTURE_SEEK_FUNCTION] = "function",
	[SUTURE_SEEK_CALL] = "call",
	[SUTURE_SEEK_REGISTER] = "register",
};

static int refuse(const struct suture_seeker *f, const struct narrowing *n,
		  const uint64_t *fits, size_t nr, struct suture_error *err)
{
	char text[4096];
	size_t used = 0;

	for (size_t i = 0; i < nr && i < SHOWN_MAX; i++)
		used += snprintf(text + used, sizeof(text) - used, "%s0x%" PRIx64,
				 i ? ", " : ": ", fits[i]);
	if (nr > SHOWN_MAX)
		used += snprintf(text + used, sizeof(text) - used, " …");
	text[used] = '\0';
	for (size_t i = 0; i < n->entry->nr_conds && used < sizeof(text); i++)
		used += snprintf(text + used, sizeof(text) - used, "\n  %zu left by line %u, %.160s",
				 n->left[i], n->entry->conds[i].line, n->entry->conds[i].text);
	if (!nr)
		return suture_error_set(err, -ESRCH, "%s: no %s fits [%s %s]%s",
					f->target->elf->path, kinds[n->entry->kind],
					kinds[n->entry->kind], n->entry->name, text);
	return suture_error_set(err, -ESRCH, "%s: %zu %ss fit [%s %s], and it must be one%s",
				f->target->elf->path, nr, kinds[n->entry->kind],
				kinds[n->entry->kind], n->entry->name, text);
}

/* -------------------------------------------------------------- functions */

/* Index of the extent that begins at @addr; -1: none does. */
static ssize_t extent_at(const struct suture_seeker *f, uint64_t addr)
{
	const struct suture_extent *ext = suture_code_extent(f->code, addr);

	return ext && ext->addr == addr ? ext - f->code->ext : -1;
}

/* The functions that begin at one of these addresses. */
static void mark_places(const struct suture_seeker *f, const struct suture_places *places,
			uint8_t *marks)
{
	for (size_t i = 0; i < places->nr; i++) {
		ssize_t ext = extent_at(f, places->v[i]);

		if (ext >= 0)
			marks[ext] = 1;
	}
}

static int mark_called(struct suture_seeker *f, const struct suture_seek_cond *cond,
		       uint8_t *marks, struct suture_error *err)
{
	enum suture_seek_act act = cond->key == SUTURE_SEEK_CALLED_BY ? SUTURE_SEEK_ACT_CALL
								       : SUTURE_SEEK_ACT_JUMP;
	ssize_t by = extent_at(f, f->results[cond->ref].addr), ext;
	const struct suture_seek_body *body = suture_seek_body(f, by, err);

	if (!body)
		return err->code;
	for (size_t i = 0; i < body->nr; i++) {
		if (body->events[i].act != act || body->events[i].slot)
			continue;
		ext = extent_at(f, body->events[i].to);
		if (ext >= 0)
			marks[ext] = 1;
	}
	return 0;
}

static int mark_referring(struct suture_seeker *f, const struct suture_seek_cond *cond,
			  uint8_t *marks, struct suture_error *err)
{
	struct suture_seek_what what = { 0 };
	int ret;

	if (cond->key == SUTURE_SEEK_STRING)
		ret = suture_seek_string(f, cond->what, &what.to, err);
	else
		ret = suture_seek_what(f, cond, &what, err);
	if (ret)
		return ret;
	suture_seek_scan(f, what.to.v, what.to.nr, marks);
	suture_seek_scan(f, what.slots.v, what.slots.nr, marks);
	suture_seek_what_free(&what);
	return 0;
}

/* Marks all functions that could fulfil the line. */
static int mark(struct suture_seeker *f, const struct suture_seek_cond *cond, uint8_t *marks,
		struct suture_error *err)
{
	struct suture_places places = { 0 };
	int ret = 0;

	switch (cond->key) {
	case SUTURE_SEEK_CALLS:
	case SUTURE_SEEK_JUMPS_TO:
	case SUTURE_SEEK_STRING:
		return mark_referring(f, cond, marks, err);
	case SUTURE_SEEK_CALLED_BY:
	case SUTURE_SEEK_JUMPED_BY:
		return mark_called(f, cond, marks, err);
	case SUTURE_SEEK_CALLEE_OF:
		places = (struct suture_places) { .v = &f->results[cond->ref].callee, .nr = 1 };
		mark_places(f, &places, marks);
		return 0;
	case SUTURE_SEEK_TABLE:
		ret = suture_seek_table(f, cond->what, cond->count, &places, err);
		mark_places(f, &places, marks);
		free(places.v);
		return ret;
	case SUTURE_SEEK_SIZE:
		for (size_t i = 0; i < f->code->nr_ext; i++)
			marks[i] = f->code->ext[i].size >= cond->count &&
				   f->code->ext[i].size <= cond->most;
		return 0;
	default:
		return suture_error_set(err, -EINVAL, "%s: not for a function", cond->text);
	}
}

/* Of a line that was answered by bytes alone: does the function do that? */
static int confirm(struct suture_seeker *f, const struct suture_seek_cond *cond,
		   const struct suture_seek_what *what, size_t ext, bool *ret,
		   struct suture_error *err)
{
	const struct suture_seek_body *body = suture_seek_body(f, ext, err);
	enum suture_seek_act act = cond->key == SUTURE_SEEK_CALLS ? SUTURE_SEEK_ACT_CALL :
		cond->key == SUTURE_SEEK_JUMPS_TO ? SUTURE_SEEK_ACT_JUMP : SUTURE_SEEK_ACT_REF;
	uint64_t nr = 0;

	if (!body)
		return err->code;
	for (size_t i = 0; i < body->nr; i++)
		nr += suture_seek_is(&body->events[i], act, what);
	*ret = cond->count ? nr == cond->count : nr;
	return 0;
}

static int confirm_all(struct suture_seeker *f, struct narrowing *n, uint8_t *marks,
		       struct suture_error *err)
{
	size_t gone = 0;
	int ret = 0;

	for (size_t k = 0; !ret && k < n->entry->nr_conds; k++) {
		const struct suture_seek_cond *cond = &n->entry->conds[k];
		struct suture_seek_what what = { 0 };
		bool fits = false;

		if (cond->key == SUTURE_SEEK_STRING)
			ret = suture_seek_string(f, cond->what, &what.to, err);
		else if (cond->key == SUTURE_SEEK_CALLS || cond->key == SUTURE_SEEK_JUMPS_TO)
			ret = suture_seek_what(f, cond, &what, err);
		for (size_t i = 0; !ret && what.to.nr + what.slots.nr && i < f->code->nr_ext; i++) {
			if (!marks[i])
				continue;
			ret = confirm(f, cond, &what, i, &fits, err);
			if (!ret && !fits) {
				marks[i] = 0;
				gone++;
			}
		}
		suture_seek_what_free(&what);
		n->left[k] -= gone;
	}
	return ret;
}

static int find_function(struct suture_seeker *f, struct narrowing *n, uint8_t *marks,
			 uint8_t *more, uint64_t *fits, struct suture_error *err)
{
	struct suture_seek_result *result = &f->results[n->entry - f->query->entries];
	const struct suture_extent *ext = f->code->ext;
	size_t nr = 0;
	int ret = 0;

	memset(marks, 1, f->code->nr_ext);
	/* a table of stubs is no function */
	for (size_t i = 0; i < f->target->nr_plts; i++) {
		const struct suture_extent *plt =
			suture_code_extent(f->code, f->target->plts[i].addr);

		if (plt)
			marks[plt - ext] = 0;
	}
	for (size_t k = 0; !ret && k < n->entry->nr_conds; k++) {
		memset(more, 0, f->code->nr_ext);
		ret = mark(f, &n->entry->conds[k], more, err);
		for (size_t i = 0; i < f->code->nr_ext; i++)
			n->left[k] += marks[i] &= more[i];
	}
	if (!ret)
		ret = confirm_all(f, n, marks, err);
	if (ret)
		return ret;
	for (size_t i = 0; i < f->code->nr_ext; i++) {
		if (!marks[i])
			continue;
		if (nr < SHOWN_MAX)
			fits[nr] = ext[i].addr;
		result->addr = ext[i].addr;
		result->size = ext[i].size;
		nr++;
	}
	return nr == 1 ? 0 : refuse(f, n, fits, nr, err);
}

static int look_for_function(struct suture_seeker *f, struct narrowing *n,
			     struct suture_error *err)
{
	uint8_t *marks = malloc(f->code->nr_ext + 1), *more = malloc(f->code->nr_ext + 1);
	uint64_t fits[SHOWN_MAX];
	int ret = marks && more ? find_function(f, n, marks, more, fits, err)
				: suture_error_nomem(err);

	free(marks);
	free(more);
	return ret;
}

/* ------------------------------------------------------------------ calls */

static bool is_call(const struct suture_seek_event *e)
{
	return e->act == SUTURE_SEEK_ACT_CALL || e->act == SUTURE_SEEK_ACT_JUMP;
}

/* The next call from event @i in the direction @step; NULL: there is none. */
static const struct suture_seek_event *next_call(const struct suture_seek_body *body, size_t i,
						 int step)
{
	for (i += step; i < body->nr; i += step)	/* below 0 is beyond the end, too */
		if (is_call(&body->events[i]))
			return &body->events[i];
	return NULL;
}

/* Takes out the calls that do not fulfil a line. */
static int narrow_calls(struct suture_seeker *f, const struct suture_seek_cond *cond,
			const struct suture_seek_body *body, uint8_t *marks,
			struct suture_error *err)
{
	int step = cond->key == SUTURE_SEEK_BEFORE ? 1 : cond->key == SUTURE_SEEK_AFTER ? -1 : 0;
	struct suture_seek_what what;
	int ret;

	if (cond->key == SUTURE_SEEK_IN)
		return 0;
	ret = suture_seek_what(f, cond, &what, err);
	for (size_t i = 0; !ret && i < body->nr; i++) {
		const struct suture_seek_event *e = step ? next_call(body, i, step)
							  : &body->events[i];

		if (!e || !(suture_seek_is(e, SUTURE_SEEK_ACT_CALL, &what) ||
			    suture_seek_is(e, SUTURE_SEEK_ACT_JUMP, &what)))
			marks[i] = 0;
	}
	if (!ret)
		suture_seek_what_free(&what);
	return ret;
}

static void fill_call(const struct suture_seeker *f, const struct suture_extent *in,
		      const struct suture_seek_event *e, struct suture_seek_result *result)
{
	const struct suture_rel *rel = e->slot ? suture_target_rel_at(f->target, e->to) : NULL;

	result->addr = e->at;
	result->size = e->len;
	result->offset = e->at - in->addr;
	result->callee = e->slot ? 0 : e->to;
	result->callee_name = e->slot ? (rel ? rel->name : NULL) : suture_code_name(f->code, e->to);
}

static int find_call(struct suture_seeker *f, struct narrowing *n,
		     const struct suture_extent *in, const struct suture_seek_body *body,
		     uint8_t *marks, struct suture_error *err)
{
	struct suture_seek_result *result = &f->results[n->entry - f->query->entries];
	uint64_t fits[SHOWN_MAX];
	size_t nr = 0;

	for (size_t i = 0; i < body->nr; i++)
		marks[i] = is_call(&body->events[i]);
	for (size_t k = 0; k < n->entry->nr_conds; k++) {
		int ret = narrow_calls(f, &n->entry->conds[k], body, marks, err);

		if (ret)
			return ret;
		for (size_t i = 0; i < body->nr; i++)
			n->left[k] += marks[i];
	}
	for (size_t i = 0; i < body->nr; i++) {
		if (!marks[i])
			continue;
		if (nr < SHOWN_MAX)
			fits[nr] = body->events[i].at;
		fill_call(f, in, &body->events[i], result);
		nr++;
	}
	return nr == 1 ? 0 : refuse(f, n, fits, nr, err);
}

static int look_for_call(struct suture_seeker *f, struct narrowing *n, struct suture_error *err)
{
	const struct suture_seek_body *body;
	uint8_t *marks;
	ssize_t ext = -1;
	int ret;

	for (size_t k = 0; k < n->entry->nr_conds; k++)
		if (n->entry->conds[k].key == SUTURE_SEEK_IN)
			ext = extent_at(f, f->results[n->entry->conds[k].ref].addr);
	body = suture_seek_body(f, ext, err);
	if (!body)
		return err->code;
	if (body->broken)
		return suture_error_set(err, -EOPNOTSUPP,
			"%s: [call %s]: something in the function at 0x%" PRIx64 " does not decode",
			f->target->elf->path, n->entry->name, f->code->ext[ext].addr);
	marks = malloc(body->nr + 1);
	ret = marks ? find_call(f, n, &f->code->ext[ext], body, marks, err)
		    : suture_error_nomem(err);
	free(marks);
	return ret;
}

/* -------------------------------------------------------------- registers */

static int look_for_register(struct suture_seeker *f, const struct suture_seek_entry *entry,
			     struct suture_error *err)
{
	struct suture_seek_result *result = &f->results[entry - f->query->entries];
	const struct suture_seek_result *call = NULL;

	for (size_t k = 0; k < entry->nr_conds; k++)
		if (entry->conds[k].key == SUTURE_SEEK_AT)
			call = &f->results[entry->conds[k].ref];
	for (size_t k = 0; k < entry->nr_conds; k++) {
		const char *reg;
		int ret;

		if (entry->conds[k].key != SUTURE_SEEK_ARGUMENT)
			continue;
		ret = suture_seek_register(f, call->addr, &entry->conds[k], &reg, err);
		if (!ret && result->reg && strcmp(result->reg, reg))
			ret = suture_error_set(err, -ESRCH, "%s is %s, not %s",
					       entry->conds[k].text, reg, result->reg);
		if (ret) {
			suture_error_prefix(err, "%s: [register %s]", f->target->elf->path,
					    entry->name);
			return ret;
		}
		result->reg = reg;
	}
	return 0;
}

/* -------------------------------------------------------------------- all */

static void fill_bytes(const struct suture_seeker *f, struct suture_seek_result *result)
{
	size_t nr = result->size < sizeof(result->bytes) ? result->size : sizeof(result->bytes);
	const uint8_t *bytes = nr ? suture_code_bytes(f->code, result->addr, nr) : NULL;

	if (bytes)
		memcpy(result->bytes, bytes, nr);
	result->nr_bytes = bytes ? nr : 0;
}

static int look_for_all(struct suture_seeker *f, struct suture_error *err)
{
	for (size_t i = 0; i < f->query->nr; i++) {
		const struct suture_seek_entry *entry = &f->query->entries[i];
		struct narrowing n = { .entry = entry };
		int ret;

		if (entry->kind == SUTURE_SEEK_FUNCTION)
			ret = look_for_function(f, &n, err);
		else if (entry->kind == SUTURE_SEEK_CALL)
			ret = look_for_call(f, &n, err);
		else
			ret = look_for_register(f, entry, err);
		if (ret)
			return ret;
		fill_bytes(f, &f->results[i]);
	}
	return 0;
}

int suture_seek(struct suture_target *target, const struct suture_seek_query *query,
		struct suture_seek_result **ret_results, struct suture_error *err)
{
	struct suture_error own = { 0 };
	struct suture_seeker f = { .target = target, .query = query };
	int ret;

	/* what is reported further on is read from it */
	err = err ?: &own;
	ret = suture_target_code(target, &f.code, err);
	if (ret)
		return ret;
	for (size_t i = 0; i < f.code->text.nr_code; i++)
		f.budget += f.code->text.code[i].size;
	f.bodies = calloc(f.code->nr_ext + 1, sizeof(*f.bodies));
	f.results = calloc(query->nr + 1, sizeof(*f.results));
	ret = f.bodies && f.results ? look_for_all(&f, err) : suture_error_nomem(err);
	suture_seek_bodies_free(&f);
	if (ret)
		free(f.results);
	else
		*ret_results = f.results;
	return ret;
}
