// SPDX-License-Identifier: GPL-2.0-only
/* Which processes a loaded patch is for, and what takes its place. */
#include <stdio.h>
#include <string.h>

#include "output.h"

/* Of what sysfs shows; without it the rules are only counted. */
static struct suture_scope rules_of(const struct suture_ioc_patch *patch)
{
	struct suture_scope scope = { 0 };

	if (patch->nr_rules && suture_scope_read(patch->name, &scope, NULL))
		memset(&scope, 0, sizeof(scope));
	return scope;
}

static void output_rules(const struct suture_scope *scope, uint32_t flags, const char *head)
{
	const char *between = head;
	char text[4096];
	size_t i;

	for (i = 0; i < scope->nr; i++) {
		if ((scope->rules[i].flags & SUTURE_RULE_EXCEPT) != flags)
			continue;
		printf("%s", between);
		output_text(suture_rule_text(&scope->rules[i], text, sizeof(text)), 0);
		between = ", ";
	}
	if (between != head)
		printf("\n");
}

void output_scope(const struct suture_ioc_patch *patch)
{
	struct suture_scope scope = rules_of(patch);

	output_rules(&scope, 0, "  only for ");
	output_rules(&scope, SUTURE_RULE_EXCEPT, "  not for ");
	if (patch->nr_rules > scope.nr)
		printf("  and %zu more rules\n", patch->nr_rules - scope.nr);
	if (patch->canary)
		printf("  canaries: %u%% of the processes; `suture promote %s' goes on to all\n",
		       patch->canary, patch->name);
	if (*patch->replaced_by)
		printf("  its place is taken by %s\n", patch->replaced_by);
	suture_scope_free(&scope);
}

static struct json_object *json_rule(const struct suture_ioc_rule *rule)
{
	struct json_object *obj = json_object_new_object();
	char path[4096];

	json_object_object_add(obj, "kind", json_text(suture_rule_kind_name(rule->kind)));
	json_object_object_add(obj, "except",
			       json_object_new_boolean(rule->flags & SUTURE_RULE_EXCEPT));
	if (rule->kind == SUTURE_RULE_EXE)
		json_object_object_add(obj, "value", json_text(rule->text));
	else
		json_object_object_add(obj, "value", json_object_new_uint64(rule->value));
	if (rule->kind == SUTURE_RULE_CGROUP)
		json_object_object_add(obj, "path",
				       suture_cgroup_path(rule->value, path, sizeof(path)) ?
				       NULL : json_text(path));
	return obj;
}

void json_add_scope(struct json_object *obj, const struct suture_ioc_patch *patch)
{
	struct suture_scope scope = rules_of(patch);
	struct json_object *rules = json_object_new_array();
	size_t i;

	for (i = 0; i < scope.nr; i++)
		json_object_array_add(rules, json_rule(&scope.rules[i]));
	json_object_object_add(obj, "rules", rules);
	json_object_object_add(obj, "rules_total", json_object_new_int64(patch->nr_rules));
	json_object_object_add(obj, "canary", patch->canary ?
			       json_object_new_int64(patch->canary) : NULL);
	json_object_object_add(obj, "replaced_by", *patch->replaced_by ?
			       json_text(patch->replaced_by) : NULL);
	suture_scope_free(&scope);
}
