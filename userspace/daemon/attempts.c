// SPDX-License-Identifier: GPL-2.0-only
/* Files that the kernel did not take: said once, and not tried over and over. */
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "sutured.h"

#define DELAY_MIN_US	250000ULL
#define DELAY_MAX_US	60000000ULL

/* Errors that are about the file, and will not go by themselves. */
static bool is_for_good(int code)
{
	switch (code) {
	case -EKEYREJECTED:
	case -EBADMSG:
	case -ENOKEY:
	case -EKEYEXPIRED:
	case -EKEYREVOKED:
	case -ENOPKG:
	case -EACCES:
	case -ENOEXEC:
	case -EOPNOTSUPP:
		return true;
	}
	return false;
}

struct attempt *attempt_find(struct service *s, const struct suture_store_file *file)
{
	size_t i;

	for (i = 0; i < s->nr_attempts; i++) {
		struct attempt *a = &s->attempts[i];

		if (a->dev == file->dev && a->inode == file->inode &&
		    a->ctime_ns == file->ctime_ns && !strcmp(a->path, file->path))
			return a;
	}
	return NULL;
}

static void drop(struct service *s, struct attempt *a)
{
	free(a->path);
	free(a->text);
	*a = s->attempts[--s->nr_attempts];
}

void attempt_worked(struct service *s, const struct suture_store_file *file)
{
	struct attempt *a = attempt_find(s, file);

	if (a)
		drop(s, a);
}

void attempts_forget(struct service *s, int code)
{
	size_t i;

	for (i = 0; i < s->nr_attempts;) {
		if (s->attempts[i].code == code)
			drop(s, &s->attempts[i]);
		else
			i++;
	}
}

static struct attempt *add(struct service *s, const struct suture_store_file *file)
{
	struct attempt *a = reallocarray(s->attempts, s->nr_attempts + 1, sizeof(*a));

	if (!a)
		return NULL;
	s->attempts = a;
	a += s->nr_attempts;
	*a = (struct attempt){
		.dev = file->dev, .inode = file->inode, .ctime_ns = file->ctime_ns,
		.path = strdup(file->path),
	};
	if (!a->path)
		return NULL;
	s->nr_attempts++;
	return a;
}

void attempt_taken(struct service *s, const struct suture_store_file *file)
{
	struct attempt *a;

	attempt_worked(s, file);
	a = add(s, file);
	if (a)
		a->taken = true;
}

int attempt_failed(struct service *s, const struct suture_store_file *file, int code,
		   const char *what, const struct suture_error *err)
{
	struct attempt *a = attempt_find(s, file);
	bool news;

	if (!a)
		a = add(s, file);
	if (!a)
		return -ENOMEM;
	news = !a->text || strcmp(a->text, err->text);
	a->code = code;
	a->for_good = is_for_good(code);
	a->delay_us = a->delay_us ? 2 * a->delay_us : DELAY_MIN_US;
	if (a->delay_us > DELAY_MAX_US)
		a->delay_us = DELAY_MAX_US;
	a->next_us = now_us() + a->delay_us;
	if (!news)
		return 0;
	s->look_again |= a->for_good && file->spm;
	free(a->text);
	a->text = strdup(err->text);
	service_log(LOG_ERR, "failed", file->spm ? suture_spm_name(file->spm) : NULL, NULL, what,
		    "%s: %s", file->path, err->text);
	history_note(s, "failed", file->spm ? suture_spm_name(file->spm) : NULL, NULL, what,
		     err->text, NULL, 0);
	return 0;
}

enum suture_refusal attempt_refused(const struct suture_store_file *file, void *arg)
{
	struct attempt *a = attempt_find(arg, file);

	if (!a || !a->for_good)
		return SUTURE_REFUSAL_NONE;
	return a->code == -EKEYREVOKED ? SUTURE_REFUSAL_REVOKED : SUTURE_REFUSAL_REFUSED;
}

uint64_t attempts_next_us(const struct service *s)
{
	uint64_t next = UINT64_MAX;
	size_t i;

	for (i = 0; i < s->nr_attempts; i++)
		if (!s->attempts[i].for_good && !s->attempts[i].taken &&
		    s->attempts[i].next_us < next)
			next = s->attempts[i].next_us;
	return next;
}

void attempts_sweep(struct service *s, const struct suture_store *store)
{
	struct attempt *a;
	size_t i;

	for (i = 0; i < s->nr_attempts; i++)
		s->attempts[i].used = false;
	for (i = 0; i < store->nr; i++) {
		a = attempt_find(s, &store->files[i]);
		if (a)
			a->used = true;
	}
	for (i = 0; i < s->nr_lists; i++) {
		a = attempt_find(s, &s->lists[i]);
		if (a)
			a->used = true;
	}
	for (i = 0; i < s->nr_attempts;) {
		if (s->attempts[i].used)
			i++;
		else
			drop(s, &s->attempts[i]);
	}
}

void attempts_clear(struct service *s)
{
	while (s->nr_attempts)
		drop(s, &s->attempts[0]);
}
