// SPDX-License-Identifier: GPL-2.0-only
/* How the transitions go: what the kernel has, and what has changed in it. */
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "sutured.h"

struct seen_patch *progress_get(struct service *s, const char *name, bool add)
{
	struct seen_patch *grown;
	size_t i;

	for (i = 0; i < s->nr_seen; i++)
		if (!strcmp(s->seen[i].name, name))
			return &s->seen[i];
	if (!add)
		return NULL;
	grown = reallocarray(s->seen, s->nr_seen + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	s->seen = grown;
	grown += s->nr_seen++;
	memset(grown, 0, sizeof(*grown));
	strncpy(grown->name, name, sizeof(grown->name) - 1);
	return grown;
}

static void say_applied(struct service *s, const struct suture_ioc_patch *patch, bool news)
{
	struct suture_totals totals;
	struct suture_proc *procs;
	char text[256];
	size_t nr;

	if (suture_device_procs(s->dev, patch->name, &procs, &nr, NULL))
		return;
	suture_totals_count(procs, nr, &totals);
	suture_totals_text(&totals, text, sizeof(text));
	service_log(LOG_INFO, patch->canary ? "canaries" : "applied", patch->name,
		    patch->version, NULL, "%s %s: applied%s; %s", patch->name, patch->version,
		    patch->canary ? " to the canaries" : "", text);
	if (news)
		history_note(s, patch->canary ? "canaries" : "applied", patch->name,
			     patch->version, NULL, text, procs, nr);
	free(procs);
}

static bool see(struct service *s, const struct suture_ioc_patch *patch)
{
	struct seen_patch *seen = progress_get(s, patch->name, true);
	bool changed;

	if (!seen)
		return false;
	changed = seen->state != patch->state || seen->canary != patch->canary;
	if (changed && patch->state == SUTURE_PATCH_APPLIED)
		/* What was in force before we began, an earlier one of us has noted. */
		say_applied(s, patch, seen->state || (int64_t)patch->loaded_at >= s->began);
	if (patch->state != SUTURE_PATCH_APPLYING)
		seen->applying_since_us = 0;
	else if (!seen->applying_since_us)
		seen->applying_since_us = now_us();
	seen->state = patch->state;
	seen->canary = patch->canary;
	memcpy(seen->version, patch->version, sizeof(seen->version));
	if (changed || (seen->applying_since_us && s->hang_s))
		crashes_hangs(s, patch);
	return changed;
}

bool progress_look(struct service *s)
{
	struct suture_ioc_patch *patches = NULL;
	bool changed = false;
	size_t nr = 0, i, j;

	/* Without the module there is none. */
	if (s->dev >= 0 && suture_device_patches(s->dev, &patches, &nr, NULL))
		return false;
	for (i = 0; i < nr; i++)
		changed |= see(s, &patches[i]);
	for (i = 0; i < s->nr_seen;) {
		for (j = 0; j < nr && strcmp(patches[j].name, s->seen[i].name); j++)
			;
		if (j < nr) {
			i++;
			continue;
		}
		if (s->seen[i].state) {
			service_log(LOG_INFO, "gone", s->seen[i].name, s->seen[i].version, NULL,
				    "%s %s: is out of every process", s->seen[i].name,
				    s->seen[i].version);
			history_note(s, "gone", s->seen[i].name, s->seen[i].version, NULL, NULL,
				     NULL, 0);
		}
		s->seen[i] = s->seen[--s->nr_seen];
		changed = true;
	}
	free(patches);
	return changed;
}

bool progress_pending(const struct service *s)
{
	size_t i;

	for (i = 0; i < s->nr_seen; i++)
		if (s->seen[i].state != SUTURE_PATCH_APPLIED)
			return true;
	return false;
}
