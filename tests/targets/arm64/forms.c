// SPDX-License-Identifier: GPL-2.0
/*
 * A process of libforms.so.
 *   value      what is wrong: "ok" or NAME(ARGUMENT) RESULT ...
 *   new        the same when each function gives 10000 more
 *   storm N    N times on two threads: value or new? "old N new N wrong N"
 */
#include <pthread.h>
#include "../common/proto.h"

#define FORM(name, x, y) int name(int);
#include "forms.h"
#undef FORM

static const struct {
	const char *name;
	int (*f)(int);
	int x, y;
} forms[] = {
#define FORM(name, x, y) { #name, name, x, y },
#include "forms.h"
};

static unsigned long old, new, wrong;

static void check(int more)
{
	char text[900] = "";
	int n = 0;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		int got = forms[i].f(forms[i].x);

		if (got != forms[i].y + more && n < 800)
			n += snprintf(text + n, sizeof(text) - n, "%s(%d) %d ", forms[i].name,
				      forms[i].x, got);
	}
	proto_say("%s", n ? text : "ok");
}

static void *storm(void *arg)
{
	for (long n = (long)arg; n > 0; n--) {
		for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
			int more = forms[i].f(forms[i].x) - forms[i].y;

			__atomic_add_fetch(!more ? &old : more == 10000 ? &new : &wrong, 1,
					   __ATOMIC_RELAXED);
		}
	}
	return NULL;
}

static void handle(int argc, char **argv)
{
	pthread_t t;

	if (!strcmp(argv[0], "value")) {
		check(0);
	} else if (!strcmp(argv[0], "new")) {
		check(10000);
	} else if (!strcmp(argv[0], "storm") && argc == 2) {
		old = new = wrong = 0;
		if (pthread_create(&t, NULL, storm, (void *)atol(argv[1])))
			_exit(3);
		storm((void *)atol(argv[1]));
		pthread_join(t, NULL);
		proto_say("old %lu new %lu wrong %lu", old, new, wrong);
	} else {
		proto_say("what?");
	}
}

int main(void)
{
	proto_unused();
	return proto_serve(handle);
}
