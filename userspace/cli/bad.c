// SPDX-License-Identifier: GPL-2.0-only
/* Patches that did harm on this machine. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bad.h"
#include "output.h"

void bad_print(const struct suture_mark *mark)
{
	time_t when = mark->bad;
	char since[32];
	struct tm tm;

	if (!localtime_r(&when, &tm) || !strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S", &tm))
		strcpy(since, "?");
	printf("  version ");
	output_text(mark->bad_version, 0);
	printf(" was taken back %s: ", since);
	output_text(mark->bad_evidence, 0);
	printf("\n");
}

static bool is_meant(char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (!strcmp(*names, name))
			return true;
	return !names;
}

void bad_show(char *const *names, struct json_object *root)
{
	struct json_object *list = root ? json_object_new_array() : NULL, *obj;
	struct suture_marks marks;
	size_t i;

	if (!suture_marks_read(suture_dirs.state, &marks, NULL)) {
		for (i = 0; i < marks.nr; i++) {
			const struct suture_mark *mark = &marks.list[i];

			if (!mark->bad || !is_meant(names, mark->name))
				continue;
			if (list) {
				obj = suture_mark_bad_json(mark);
				json_object_object_add(obj, "name", json_text(mark->name));
				json_object_array_add(list, obj);
				continue;
			}
			output_text(mark->name, 0);
			printf(": bad on this machine\n");
			bad_print(mark);
		}
		suture_marks_free(&marks);
	}
	if (root)
		json_object_object_add(root, "bad", list);
}
