// SPDX-License-Identifier: GPL-2.0-only
/* The patch modules of one command line, and the files that they are for. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "output.h"
#include "patchset.h"

#define FILES_WANTED	(2 * SUTURE_MAX_FILES)	/* descriptors */

/* Each file that is found stays open: containers can have many. Root may have more than
 * its limit. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	if (limit.rlim_max < FILES_WANTED) {
		struct rlimit more = { FILES_WANTED, FILES_WANTED };

		if (!setrlimit(RLIMIT_NOFILE, &more))
			return;
	}
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* The patch modules alone. */
static int open_all(char **paths, struct patchset **ret_set, struct suture_error *err)
{
	struct patchset *set;
	size_t nr = 0, i;
	int ret;

	while (paths[nr])
		nr++;
	set = calloc(1, sizeof(*set));
	if (set)
		set->patches = calloc(nr, sizeof(*set->patches));
	if (!set || !set->patches) {
		ret = suture_error_nomem(err);
		goto err_free;
	}
	for (; set->nr < nr; set->nr++) {
		struct patchset_patch *patch = &set->patches[set->nr];
		const char *name;

		ret = suture_spm_open(paths[set->nr], &patch->spm, err);
		if (ret)
			goto err_free;
		name = suture_spm_name(patch->spm);
		for (i = 0; i < set->nr; i++) {
			if (strcmp(suture_spm_name(set->patches[i].spm), name))
				continue;
			ret = suture_error_set(err, -EINVAL,
					       "%s and %s are both patches of the name %s: only one of them can be loaded",
					       paths[i], paths[set->nr], name);
			set->nr++;
			goto err_free;
		}
		ret = suture_wants_add(&set->wants, &set->nr_wants, patch->spm, patch->want_of,
				       err);
		if (ret) {
			set->nr++;
			goto err_free;
		}
	}
	*ret_set = set;
	return 0;

err_free:
	patchset_free(set);
	return ret;
}

int patchset_find(struct patchset *set, char *const *files, struct suture_error *err)
{
	struct suture_found *found;
	int ret;

	suture_found_close(set->found);
	ret = suture_find(set->wants, set->nr_wants, files, &found, err);
	if (ret)
		return ret;
	suture_found_free(set->found);
	set->found = found;
	suture_policy_mark(&set->policy, found);
	return 0;
}

int patchset_open(char **paths, char *const *files, bool policy, struct patchset **ret_set,
		  struct suture_error *err)
{
	struct patchset *set = NULL;
	int ret;

	raise_file_limit();
	ret = open_all(paths, &set, err);
	if (ret)
		return ret;
	if (policy)
		ret = suture_policy_read(suture_policy_dirs, &set->policy, err);
	if (!ret)
		ret = patchset_find(set, files, err);
	if (ret)
		patchset_free(set);
	else
		*ret_set = set;
	return ret;
}

bool patchset_missing(const struct patchset *set, const struct patchset_patch *patch)
{
	uint32_t i;

	for (i = 0; i < patch->spm->note.nr_objects; i++)
		if (!suture_found_usable(set->found, patch->want_of[i],
					 patch->spm->note.objects[i].role))
			return true;
	return false;
}

void patchset_report_not_loaded(const struct patchset *set, const struct patchset_patch *patch,
				struct json_object *list)
{
	struct json_object *obj;

	if (!list) {
		if (patch->result == RESULT_NOTHING)
			output_missing(patch->spm, patch->want_of, set->found);
		return;
	}
	obj = json_object_new_object();
	json_object_object_add(obj, "name", json_text(suture_spm_name(patch->spm)));
	json_object_object_add(obj, "file", json_text(patch->spm->path));
	json_object_object_add(obj, "result", json_text(patch->result == RESULT_NOTHING ?
							"nothing to patch" : "error"));
	json_object_object_add(obj, "missing", json_missing(patch->spm, patch->want_of,
							    set->found));
	json_object_array_add(list, obj);
}

void patchset_free(struct patchset *set)
{
	size_t i;

	if (!set)
		return;
	for (i = 0; i < set->nr; i++)
		suture_spm_close(set->patches[i].spm);
	suture_found_free(set->found);
	suture_policy_free(&set->policy);
	free(set->patches);
	free(set->wants);
	free(set);
}
