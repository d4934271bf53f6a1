// SPDX-License-Identifier: GPL-2.0-only
/* suture settle: second opinions by hand, for a transition that goes on. */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "options.h"
#include "output.h"
#include "patches.h"
#include "settle.h"

/* Each round settles what it can; meanwhile others come to hold the transition up. */
#define ROUNDS		20
#define ROUND_MS	100	/* for the kernel to try again */
#define BUDGET_MS	2000	/* for one round */

struct options {
	bool json;
	struct names_options names;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = &opt->json;
	state->child_inputs[1] = &opt->names;
	return 0;
}

static const struct argp_child children[] = {
	{ &options_json, 0, NULL, 0 }, { &options_names, 0, NULL, 0 }, { 0 }
};

static const struct argp argp = {
	.parser = parse,
	.children = children,
	.args_doc = "NAME...",
	.doc = "Unwind the threads for which processes wait, as `suture apply' and `suture "
	       "revert' do while they wait. A word that an earlier call left on a stack looks "
	       "like a thread inside a function; where the unwind tables prove that it is none, "
	       "the kernel goes on. A thread that is inside, or of which that is not certain, "
	       "is never overruled."
	       "\v" CLI_EXIT_CODES,
};

/* What one round showed. */
struct round {
	struct json_object *list;	/* NULL: for people */
	bool ran;			/* a thread that may sleep the next time */
};

static void show(const struct suture_opinion *opinion, void *arg)
{
	struct round *round = arg;
	struct json_object *obj;

	round->ran |= opinion->kind == SUTURE_OPINION_RAN;
	if (!round->list) {
		printf("  %d thread %d: %s: %s\n", opinion->pid, opinion->tid,
		       suture_opinion_name(opinion->kind), opinion->text);
		return;
	}
	obj = json_object_new_object();
	json_object_object_add(obj, "pid", json_object_new_int(opinion->pid));
	json_object_object_add(obj, "tid", json_object_new_int(opinion->tid));
	json_object_object_add(obj, "verdict", json_text(suture_opinion_name(opinion->kind)));
	json_object_object_add(obj, "frames", json_object_new_int64(opinion->nr_frames));
	json_object_object_add(obj, "took_us", json_object_new_int64(opinion->took_us));
	json_object_object_add(obj, "text", json_text(opinion->text));
	json_object_array_add(round->list, obj);
}

/* How the transition stands: 0 it has ended, -ETIMEDOUT, -ENOENT the patch is gone. */
static int settle_rounds(int dev, const char *name, struct json_object *list,
			 struct suture_error *err)
{
	struct round round = { .list = list };
	struct suture_settler *settler;
	struct suture_proc *procs;
	int ret, settled = 1, i;
	size_t nr;

	ret = suture_settler_new(dev, name, &settler, err);
	if (ret)
		return ret;
	for (i = 0; i < ROUNDS && (settled || round.ran); i++) {
		ret = suture_device_procs(dev, name, &procs, &nr, err);
		if (ret)
			break;
		round.ran = false;
		settled = suture_settler_pass(settler, procs, nr, BUDGET_MS, show, &round, err);
		free(procs);
		if (settled < 0) {
			ret = settled;
			break;
		}
		ret = suture_device_wait(dev, name, ROUND_MS, err);
		if (ret != -ETIMEDOUT)
			break;
	}
	suture_settler_free(settler);
	return ret;
}

static int settle(int dev, const struct suture_ioc_patch *patch, struct json_object *list,
		  void *arg)
{
	struct json_object *threads = list ? json_object_new_array() : NULL, *obj;
	const char *result = "the transition has ended";
	struct suture_error err = { 0 };
	int code = SUTURE_EXIT_DONE, ret;

	(void)arg;
	if (!list) {
		output_text(patch->name, 0);
		printf(":\n");
	}
	ret = settle_rounds(dev, patch->name, threads, &err);
	if (ret == -ETIMEDOUT || ret == -EINTR) {
		result = "the transition goes on";
		code = SUTURE_EXIT_TIMEOUT;
	} else if (ret && ret != -ENOENT) {
		json_object_put(threads);
		suture_error_prefix(&err, "%s", patch->name);
		return cli_error(&err);
	}
	if (!list) {
		printf("  %s\n", result);
		return code;
	}
	obj = json_object_new_object();
	json_object_object_add(obj, "name", json_text(patch->name));
	json_object_object_add(obj, "result", json_text(result));
	json_object_object_add(obj, "threads", threads);
	json_object_array_add(list, obj);
	return code;
}

int cmd_settle(int argc, char **argv)
{
	struct patches_command command = { .fn = settle };
	struct options opt = { .names.ask = "which patch?" };

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	command.names = opt.names.list;
	command.json = opt.json;
	return patches_run(&command);
}
