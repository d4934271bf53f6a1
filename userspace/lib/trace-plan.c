// SPDX-License-Identifier: GPL-2.0-only
/* Which places are probed for a patch, and what cannot be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "target.h"
#include "text.h"
#include "trace-int.h"
#include "trace-point.h"

#define ORIGINAL_PREFIX	"suture.original."

struct planner {
	const struct suture_spm *spm;
	int spm_fd;
	struct suture_spm *const *others;
	size_t nr_others;
	struct suture_trace_plan *plan;
	unsigned int want_of[SUTURE_MAX_OBJECTS];
	struct suture_want *wants;
	size_t nr_wants;
	struct suture_target *patch;			/* the .spm as an object */
	struct suture_target *targets[SUTURE_MAX_OBJECTS];
	uint32_t object;				/* at work on */
	unsigned int branch_len;			/* bytes */
	struct suture_error *err;
};

static int open_fd(int fd, struct suture_target **ret, struct suture_error *err)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return suture_target_open(path, NULL, ret, err);
}

static bool same_object(const struct suture_object *a, const struct suture_object *b)
{
	return a->build_id_len == b->build_id_len &&
	       !memcmp(a->build_id, b->build_id, a->build_id_len);
}

static bool overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a < b + b_len && b < a + a_len;
}

/* Does a loaded patch, or this one, change bytes there? */
static bool changed_in(const struct planner *p, const struct suture_spm *spm,
		       const struct suture_object *object, uint64_t addr, uint64_t len)
{
	const struct spm_note *note = &spm->note;
	uint32_t i;

	for (i = 0; i < note->nr_funcs; i++) {
		const struct suture_func *f = &note->funcs[i];

		if (same_object(&note->objects[f->object], object) &&
		    overlap(addr, len, f->old_addr, f->branch_at + p->branch_len))
			return true;
	}
	for (i = 0; i < note->nr_sites; i++) {
		const struct suture_site *s = &note->sites[i];

		if (same_object(&note->objects[s->object], object) &&
		    overlap(addr, len, s->addr, s->old_len))
			return true;
	}
	return false;
}

static bool avoid(void *arg, uint64_t addr, uint64_t len)
{
	const struct planner *p = arg;
	const struct suture_object *object = &p->spm->note.objects[p->object];
	size_t i;

	for (i = 0; i < p->nr_others; i++)
		if (changed_in(p, p->others[i], object, addr, len))
			return true;
	return changed_in(p, p->spm, object, addr, len);
}

static struct suture_trace_func *add_func(struct planner *p, uint32_t name, bool old,
					  uint32_t number)
{
	struct suture_trace_func *func = &p->plan->funcs[p->plan->nr_funcs++];

	suture_text_clean_buf(spm_string(&p->spm->note, name), 0, func->name, sizeof(func->name));
	func->old = old;
	func->number = number;
	return func;
}

static int add_at(struct planner *p, struct suture_trace_func *func, int fd, uint64_t offset,
		  const struct trace_probe *probe)
{
	struct suture_trace_plan *plan = p->plan;
	struct suture_trace_at *more;

	more = reallocarray(plan->at, plan->nr_at + 1, sizeof(*more));
	if (!more)
		return suture_error_nomem(p->err);
	plan->at = more;
	more[plan->nr_at++] = (struct suture_trace_at) {
		.func = func - plan->funcs,
		.fd = fd,
		.offset = offset,
		.probe = *probe,
	};
	func->traced = true;
	return 0;
}

/* An address as an offset in the file; false: it is not of the file's text. */
static bool file_offset(const struct suture_target *target, uint64_t addr, uint64_t *ret)
{
	for (size_t i = 0; i < target->elf->nr_phdrs; i++) {
		const GElf_Phdr *ph = &target->elf->phdrs[i];

		if (ph->p_type != PT_LOAD || addr - ph->p_vaddr >= ph->p_filesz)
			continue;
		*ret = addr - ph->p_vaddr + ph->p_offset;
		return true;
	}
	return false;
}

static void not_traced(struct suture_trace_func *func, const char *why)
{
	func->traced = false;
	suture_text_clean_buf(why, 0, func->why, sizeof(func->why));
}

/* The instructions to probe for a function of @target; false: none, and @func says why. */
static bool find_points(struct planner *p, struct suture_target *target,
			struct suture_trace_func *func, uint64_t entry, uint64_t first,
			suture_trace_avoid_fn fn, struct suture_trace_points *points, int *ret)
{
	struct suture_error why = { 0 };
	struct suture_code *code;
	int r;

	*ret = suture_target_code(target, &code, p->err);
	if (*ret)
		return false;
	r = suture_trace_points(code, entry, first, fn, p, points, &why);
	func->exact = points->exact;
	if (r == -ENOMEM)
		*ret = suture_error_nomem(p->err);
	else if (r)
		not_traced(func, why.text);
	return !r;
}

static uint64_t new_addr_of(const struct spm_note *note, uint32_t number)
{
	return number < note->nr_funcs ? note->funcs[number].new_addr
				       : note->sites[number - note->nr_funcs].new_addr;
}

/* Several functions or sites that lead to one new function are counted together. */
static bool is_planned(const struct planner *p, uint32_t number)
{
	const struct spm_note *note = &p->spm->note;

	for (uint32_t i = 0; i < number; i++)
		if (new_addr_of(note, i) == new_addr_of(note, number))
			return true;
	return false;
}

/* "f+0x12 and 2 more" */
static void name_more(const struct planner *p, struct suture_trace_func *func)
{
	const struct spm_note *note = &p->spm->note;
	size_t len = strlen(func->name);
	unsigned int more = 0;

	for (uint32_t i = func->number + 1; i < note->nr_funcs + note->nr_sites; i++)
		more += new_addr_of(note, i) == new_addr_of(note, func->number);
	if (more)
		snprintf(func->name + len, sizeof(func->name) - len, " and %u more", more);
}

static int plan_new(struct planner *p, uint32_t name, uint32_t number, uint64_t new_addr)
{
	struct suture_trace_func *func = add_func(p, name, false, number);
	struct suture_trace_points points;
	const struct trace_probe none = { 0 };
	uint64_t offset;
	size_t i;
	int ret;

	name_more(p, func);
	if (!find_points(p, p->patch, func, new_addr, new_addr, NULL, &points, &ret))
		return ret;
	for (i = 0; i < points.nr && !ret; i++) {
		if (file_offset(p->patch, points.addr[i], &offset))
			ret = add_at(p, func, p->spm_fd, offset, &none);
	}
	return ret;
}

/* The file that the old code of an object is read from; NULL: there is none. */
static int target_of(struct planner *p, uint32_t object, struct suture_target **ret)
{
	const struct suture_found *found = p->plan->found;
	size_t i;

	*ret = p->targets[object];
	for (i = 0; !*ret && i < found->nr_files; i++) {
		int r;

		if (found->files[i].want != p->want_of[object] || found->files[i].fd < 0)
			continue;
		r = open_fd(found->files[i].fd, &p->targets[object], p->err);
		if (r)
			return suture_error_prefix(p->err, "%s", found->files[i].path);
		*ret = p->targets[object];
	}
	return 0;
}

static bool has_original(const struct planner *p, const char *name)
{
	char symbol[SUTURE_TEXT_MAX + sizeof(ORIGINAL_PREFIX)];
	size_t nr;

	snprintf(symbol, sizeof(symbol), ORIGINAL_PREFIX "%s", name);
	return suture_symbols_find(&p->patch->symbols, symbol, &nr) && nr;
}

static int plan_old(struct planner *p, uint32_t number)
{
	const struct suture_func *f = &p->spm->note.funcs[number];
	struct suture_trace_func *func = add_func(p, f->name, true, number);
	const struct suture_found *found = p->plan->found;
	struct suture_trace_points points;
	struct suture_target *target;
	uint64_t offset;
	size_t i, k;
	int ret;

	ret = target_of(p, f->object, &target);
	if (ret)
		return ret;
	if (!target) {
		not_traced(func, "no file with its build-id is found: nobody runs it now");
		return 0;
	}
	func->original = has_original(p, func->name);
	p->object = f->object;
	if (!find_points(p, target, func, f->old_addr,
			 f->old_addr + f->branch_at + p->branch_len, avoid, &points, &ret))
		return ret;
	for (i = 0; i < points.nr && !ret; i++) {
		struct trace_probe probe = {
			.branch = f->old_addr + f->branch_at - points.addr[i],
			.len = p->branch_len,
			.old_byte = f->old_bytes[f->branch_at + 4],
		};

		memcpy(&probe.old_word, f->old_bytes + f->branch_at, sizeof(probe.old_word));
		if (!file_offset(target, points.addr[i], &offset))
			continue;
		for (k = 0; k < found->nr_files && !ret; k++) {
			if (found->files[k].want == p->want_of[f->object] &&
			    found->files[k].fd >= 0)
				ret = add_at(p, func, found->files[k].fd, offset, &probe);
		}
	}
	return ret;
}

static int plan_all(struct planner *p)
{
	const struct spm_note *note = &p->spm->note;
	uint32_t i;
	int ret = 0;

	p->plan->funcs = calloc(2 * note->nr_funcs + note->nr_sites + 1, sizeof(*p->plan->funcs));
	if (!p->plan->funcs)
		return suture_error_nomem(p->err);
	for (i = 0; i < note->nr_funcs && !ret; i++) {
		if (!is_planned(p, i))
			ret = plan_new(p, note->funcs[i].name, i, note->funcs[i].new_addr);
		if (!ret)
			ret = plan_old(p, i);
	}
	for (i = 0; i < note->nr_sites && !ret; i++) {
		if (!is_planned(p, note->nr_funcs + i))
			ret = plan_new(p, note->sites[i].name, note->nr_funcs + i,
				       note->sites[i].new_addr);
	}
	return ret;
}

int suture_trace_plan(const struct suture_spm *spm, int spm_fd,
		      struct suture_spm *const *others, size_t nr_others,
		      char *const *files, struct suture_trace_plan *plan,
		      struct suture_error *err)
{
	struct planner p = {
		.spm = spm, .spm_fd = spm_fd, .others = others, .nr_others = nr_others,
		.plan = plan, .err = err,
	};
	size_t i;
	int ret;

	memset(plan, 0, sizeof(*plan));
	ret = suture_wants_add(&p.wants, &p.nr_wants, spm, p.want_of, err);
	if (!ret)
		ret = suture_find(p.wants, p.nr_wants, files, &plan->found, err);
	if (!ret)
		ret = open_fd(spm_fd, &p.patch, err);
	if (!ret)
		p.branch_len = p.patch->arch->branch_len;
	if (!ret)
		ret = plan_all(&p);
	if (ret)
		suture_trace_plan_free(plan);
	for (i = 0; i < SUTURE_MAX_OBJECTS; i++)
		suture_target_close(p.targets[i]);
	suture_target_close(p.patch);
	free(p.wants);
	return ret;
}

void suture_trace_plan_free(struct suture_trace_plan *plan)
{
	suture_found_free(plan->found);
	free(plan->funcs);
	free(plan->at);
	memset(plan, 0, sizeof(*plan));
}
