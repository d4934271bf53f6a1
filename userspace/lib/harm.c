// SPDX-License-Identifier: GPL-2.0-only
/* When is a patch to be taken back? */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harm.h"

#define DAY_S		86400
#define MAX_EXES	1024
#define MAX_RECORDS	256	/* of an executable; the oldest go first */
#define SYSTEM_UIDS	1000
#define DYNAMIC_UID_MIN	61184	/* DynamicUser= of systemd's units */
#define DYNAMIC_UID_MAX	65519
#define NS_PER_S	1000000000ULL

/* Crashes of one second that are alike. */
struct record {
	int64_t time;		/* seconds since boot */
	uint64_t nr;
	uint32_t id;		/* of the patch that is blamed, 0: there was none */
	uint32_t uid;
};

struct exe {
	char *path;
	int64_t last;
	uint64_t start;			/* of the process that died last */
	uint32_t tgid;
	struct record *records;	/* by time */
	size_t nr;
};

struct suture_harm {
	struct suture_harm_patch *patches;	/* id - 1 */
	size_t nr_patches;
	struct exe *exes;
	size_t nr_exes;
};

struct suture_harm *suture_harm_new(void)
{
	return calloc(1, sizeof(struct suture_harm));
}

static void free_exe(struct exe *exe)
{
	free(exe->path);
	free(exe->records);
}

void suture_harm_free(struct suture_harm *harm)
{
	size_t i;

	if (!harm)
		return;
	for (i = 0; i < harm->nr_exes; i++)
		free_exe(&harm->exes[i]);
	for (i = 0; i < harm->nr_patches; i++)
		free(harm->patches[i].version);
	free(harm->exes);
	free(harm->patches);
	free(harm);
}

/* --------------------------------------------------------------- patches */

uint32_t suture_harm_add(struct suture_harm *harm, const char *name, const char *version,
			 int64_t since)
{
	struct suture_harm_patch *grown;
	char *copy = strdup(version);

	grown = copy ? reallocarray(harm->patches, harm->nr_patches + 1, sizeof(*grown)) : NULL;
	if (!grown) {
		free(copy);
		return 0;
	}
	harm->patches = grown;
	grown += harm->nr_patches++;
	memset(grown, 0, sizeof(*grown));
	snprintf(grown->name, sizeof(grown->name), "%s", name);
	grown->version = copy;
	grown->since = since;
	return harm->nr_patches;
}

struct suture_harm_patch *suture_harm_patch(const struct suture_harm *harm, uint32_t id)
{
	return id && id <= harm->nr_patches ? &harm->patches[id - 1] : NULL;
}

uint32_t suture_harm_find(const struct suture_harm *harm, const char *name)
{
	uint32_t id;

	for (id = harm->nr_patches; id; id--)
		if (!strcmp(harm->patches[id - 1].name, name))
			return id;
	return 0;
}

bool suture_harm_in_patch(const struct crash_event *event, uint32_t id)
{
	uint32_t i;

	for (i = 0; i < event->nr_patches && i < CRASH_MAX_PATCHES; i++)
		if (event->patches[i].id == id &&
		    event->patches[i].flags & (CRASH_IP | CRASH_CALLER))
			return true;
	return false;
}

static bool is_later(const struct suture_harm *harm, uint32_t id, uint32_t than)
{
	int64_t a = harm->patches[id - 1].since, b = harm->patches[than - 1].since;

	return a > b || (a == b && id > than);
}

/* The one whose text it was in, else of those in force the one that was loaded last. */
static uint32_t find_blamed(const struct suture_harm *harm, const struct crash_event *event)
{
	uint32_t i, id, blamed = 0;

	for (i = 0; i < event->nr_patches && i < CRASH_MAX_PATCHES; i++) {
		id = event->patches[i].id;
		if (!suture_harm_patch(harm, id))
			continue;
		if (suture_harm_in_patch(event, id))
			return id;
		if (event->patches[i].flags & CRASH_APPLIED &&
		    (!blamed || is_later(harm, id, blamed)))
			blamed = id;
	}
	return blamed;
}

/* ----------------------------------------------------------- executables */

static struct exe *get_exe(struct suture_harm *harm, const char *path)
{
	struct exe *exe, *oldest = NULL;
	size_t i;

	for (i = 0; i < harm->nr_exes; i++) {
		exe = &harm->exes[i];
		if (!strcmp(exe->path, path))
			return exe;
		if (!oldest || exe->last < oldest->last)
			oldest = exe;
	}
	if (harm->nr_exes == MAX_EXES) {
		free_exe(oldest);
		exe = oldest;
	} else {
		exe = reallocarray(harm->exes, harm->nr_exes + 1, sizeof(*exe));
		if (!exe)
			return NULL;
		harm->exes = exe;
		exe += harm->nr_exes++;
	}
	memset(exe, 0, sizeof(*exe));
	exe->path = strdup(path);
	exe->records = calloc(MAX_RECORDS, sizeof(*exe->records));
	if (exe->path && exe->records)
		return exe;
	free_exe(exe);
	*exe = harm->exes[--harm->nr_exes];
	return NULL;
}

static void record(struct exe *exe, int64_t time, uint64_t nr, uint32_t id, uint32_t uid)
{
	struct record *r;
	size_t i;

	/* What was only counted comes late. */
	if (time < exe->last)
		time = exe->last;
	exe->last = time;
	for (i = exe->nr; i-- > 0 && exe->records[i].time == time;) {
		r = &exe->records[i];
		if (r->id == id && r->uid == uid) {
			r->nr += nr;
			return;
		}
	}
	if (exe->nr == MAX_RECORDS)
		memmove(exe->records, exe->records + 1, --exe->nr * sizeof(*r));
	exe->records[exe->nr++] = (struct record){ .time = time, .nr = nr, .id = id, .uid = uid };
}

/* Without any patch, in the worst window of the last day. */
static uint64_t count_before(const struct exe *exe, unsigned int window_s)
{
	uint64_t sum = 0, worst = 0;
	size_t first = 0, i;

	for (i = 0; i < exe->nr; i++) {
		if (exe->records[i].id || exe->last - exe->records[i].time > DAY_S)
			continue;
		sum += exe->records[i].nr;
		for (; exe->records[i].time - exe->records[first].time >= window_s; first++)
			if (!exe->records[first].id &&
			    exe->last - exe->records[first].time <= DAY_S)
				sum -= exe->records[first].nr;
		if (sum > worst)
			worst = sum;
	}
	return worst;
}

/* ------------------------------------------------------------------ users */

bool suture_harm_is_system(uint32_t uid)
{
	return uid < SYSTEM_UIDS || (uid >= DYNAMIC_UID_MIN && uid <= DYNAMIC_UID_MAX);
}

static void add_user(uint32_t *users, size_t *nr, uint32_t uid)
{
	size_t i;

	for (i = 0; i < *nr; i++)
		if (users[i] == uid)
			return;
	if (*nr < SUTURE_HARM_USERS)
		users[(*nr)++] = uid;
}

static bool is_enough(const struct suture_harm_rule *rule, const uint32_t *users, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (suture_harm_is_system(users[i]))
			return true;
	return nr >= rule->users || nr == SUTURE_HARM_USERS;
}

void suture_harm_concerns(struct suture_harm_verdict *verdict, const struct suture_harm_rule *rule,
			  uint32_t uid)
{
	add_user(verdict->users, &verdict->nr_users, uid);
	verdict->enough = is_enough(rule, verdict->users, verdict->nr_users);
}

/* ------------------------------------------------------------------- rule */

static bool judge_in_patch(const struct suture_harm_rule *rule,
			   const struct suture_harm_patch *patch,
			   struct suture_harm_verdict *verdict)
{
	if (!rule->in_patch || patch->in_patch < rule->in_patch)
		return false;
	verdict->why = SUTURE_HARM_IN_PATCH;
	verdict->nr = patch->in_patch;
	memcpy(verdict->users, patch->users, sizeof(patch->users));
	verdict->nr_users = patch->nr_users;
	verdict->enough = is_enough(rule, verdict->users, verdict->nr_users);
	return true;
}

static void judge_rate(const struct suture_harm_rule *rule, const struct exe *exe,
		       const struct suture_harm_patch *patch, uint32_t id,
		       struct suture_harm_verdict *verdict)
{
	struct suture_harm_verdict v = { .id = id, .why = SUTURE_HARM_RATE };
	size_t i;

	if (!rule->crashes || exe->last - patch->since > rule->watch_s)
		return;
	for (i = exe->nr; i-- > 0 && exe->last - exe->records[i].time < rule->window_s;) {
		if (exe->records[i].id != id)
			continue;
		v.nr += exe->records[i].nr;
		add_user(v.users, &v.nr_users, exe->records[i].uid);
	}
	v.before = count_before(exe, rule->window_s);
	if (v.nr < rule->crashes || v.nr <= rule->factor * v.before)
		return;
	v.enough = is_enough(rule, v.users, v.nr_users);
	*verdict = v;
}

int suture_harm_crash(struct suture_harm *harm, const struct suture_harm_rule *rule,
		      const struct crash_event *event, const char *path, uint64_t nr,
		      struct suture_harm_verdict *ret)
{
	struct suture_harm_verdict verdict = { .id = find_blamed(harm, event) };
	struct suture_harm_patch *patch;
	struct exe *exe;

	exe = get_exe(harm, path);
	if (!exe)
		return -ENOMEM;
	*ret = (struct suture_harm_verdict){ 0 };
	/* Several threads of it at the same time. */
	if (event->start && exe->start == event->start && exe->tgid == event->tgid)
		return 0;
	exe->start = event->start;
	exe->tgid = event->tgid;
	record(exe, event->time / NS_PER_S, nr, verdict.id, event->uid);
	patch = suture_harm_patch(harm, verdict.id);
	if (patch) {
		patch->crashes += nr;
		if (suture_harm_in_patch(event, verdict.id)) {
			patch->in_patch += nr;
			add_user(patch->users, &patch->nr_users, event->uid);
		}
	}
	if (patch && !patch->done &&
	    (!judge_in_patch(rule, patch, &verdict) || !verdict.enough)) {
		struct suture_harm_verdict rate = { 0 };

		judge_rate(rule, exe, patch, verdict.id, &rate);
		if (rate.why && (rate.enough || !verdict.why))
			verdict = rate;
	}
	*ret = verdict;
	return 0;
}

/* ------------------------------------------------------------------ words */

static const char *where(const struct crash_event *event, uint32_t id)
{
	uint32_t i, flags = 0;

	for (i = 0; i < event->nr_patches && i < CRASH_MAX_PATCHES; i++)
		if (event->patches[i].id == id)
			flags |= event->patches[i].flags;
	if (flags & CRASH_IP)
		return "in the patch";
	if (flags & CRASH_CALLER)
		return "called from the patch";
	return flags & CRASH_STACK ? "not in the patch, which may have called it" :
				     "not in the patch";
}

void suture_harm_evidence(const struct suture_harm_verdict *verdict,
			  const struct suture_harm_rule *rule, const struct crash_event *event,
			  const char *exe, char *buf, size_t size)
{
	uint64_t offset = event->ip - event->ip_start + event->ip_offset;
	char how_many[160] = "", at[CRASH_NAME + 32] = "", touched[48] = "";
	const char *name = sigabbrev_np(event->sig);

	if (verdict->why == SUTURE_HARM_RATE)
		snprintf(how_many, sizeof(how_many),
			 "%" PRIu64 " died within %u s with it, %" PRIu64
			 " in the worst %u s without; the last: ",
			 verdict->nr, rule->window_s, verdict->before, rule->window_s);
	else if (verdict->nr > 1)
		snprintf(how_many, sizeof(how_many), "%" PRIu64 " died in the patch; the last: ",
			 verdict->nr);
	if (*event->ip_file)
		snprintf(at, sizeof(at), " (%.*s+0x%" PRIx64 ")", CRASH_NAME - 1, event->ip_file,
			 offset);
	if (event->code > 0 && event->addr && event->addr != event->ip)
		snprintf(touched, sizeof(touched), ", touching 0x%" PRIx64, (uint64_t)event->addr);
	snprintf(buf, size, "%s: %sSIG%s at 0x%" PRIx64 "%s, %s%s; process %u, user %u", exe,
		 how_many, name ? name : "?", (uint64_t)event->ip, at, where(event, verdict->id),
		 touched, event->tgid, event->uid);
}
