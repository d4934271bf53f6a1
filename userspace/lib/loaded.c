// SPDX-License-Identifier: GPL-2.0-only
/* The patch modules behind the patches that are loaded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loaded.h"
#include "procmaps.h"
#include "status.h"
#include "text.h"

struct search {
	const struct suture_ioc_patch *patch;
	struct suture_spm *spm;
};

static bool is_it(const struct suture_spm *spm, const struct suture_ioc_patch *patch)
{
	return !strcmp(suture_spm_name(spm), patch->name) &&
	       !strcmp(spm_string(&spm->note, spm->note.head->version), patch->version) &&
	       spm->note.nr_funcs == patch->nr_funcs;
}

static int on_mapping(const struct suture_mapping *m, void *arg)
{
	struct search *s = arg;
	char path[64];
	int fd;

	if (strcmp(m->path, s->patch->path))
		return 0;
	fd = suture_mapping_open(m);
	if (fd < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!suture_spm_open(path, &s->spm, NULL) && !is_it(s->spm, s->patch)) {
		suture_spm_close(s->spm);
		s->spm = NULL;
	}
	close(fd);
	return s->spm ? -EEXIST : 0;
}

int suture_loaded_spm(const struct suture_ioc_patch *patch, struct suture_spm **ret,
		      struct suture_error *err)
{
	struct search s = { .patch = patch };
	char clean[1024];
	int r;

	r = suture_maps_scan(on_mapping, &s, NULL, err);
	if (r && r != -EEXIST)
		return r;
	if (!s.spm)
		s.spm = suture_status_spm(patch);
	if (!s.spm)
		return suture_error_set(err, -ENOENT,
					"%s: its file %s is gone or holds another patch by now, and no process maps it: put it back",
					patch->name,
					suture_text_clean_buf(patch->path, 0, clean, sizeof(clean)));
	*ret = s.spm;
	return 0;
}

int suture_loaded_spms(const struct suture_ioc_patch *patches, size_t nr,
		       struct suture_spm ***ret, struct suture_error *err)
{
	struct suture_spm **spms = calloc(nr + 1, sizeof(*spms));
	size_t i;
	int r;

	if (!spms)
		return suture_error_nomem(err);
	for (i = 0; i < nr; i++) {
		r = suture_loaded_spm(&patches[i], &spms[i], err);
		if (r && r != -ENOENT) {
			suture_loaded_free(spms, nr);
			return r;
		}
	}
	*ret = spms;
	return 0;
}

void suture_loaded_free(struct suture_spm **spms, size_t nr)
{
	for (size_t i = 0; spms && i < nr; i++)
		suture_spm_close(spms[i]);
	free(spms);
}
