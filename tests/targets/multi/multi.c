// SPDX-License-Identifier: GPL-2.0
/*
 * A program that opens libraries, which one patch changes together.
 *   open a|b|c ... | close a|b|c ...
 *   values         value_of_a(0) value_of_b(0) number_of_b("10"), - where it is not open
 *   spin           start a thread that calls value_of_a() and value_of_b() one after the other
 *   seen           the pairs that it has seen since the last time
 *   again X Y N    close both, open X, then Y, N times; after each value_of_a() and
 *                  value_of_b() are called at once: the pairs that it has seen
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include "../common/proto.h"

#define MAX_SEEN 8

static struct {
	void *lib;
	int (*value)(int);
	int (*number)(const char *);
} libs[3];

static char folder[200];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int seen[MAX_SEEN][2], nr_seen;

static void open_lib(int i)
{
	char name[256];

	snprintf(name, sizeof(name), "%s/libm%c.so", folder, 'a' + i);
	libs[i].lib = dlopen(name, RTLD_NOW);
	if (!libs[i].lib)
		_exit(4);
	snprintf(name, sizeof(name), "value_of_%c", 'a' + i);
	libs[i].value = (int (*)(int))dlsym(libs[i].lib, name);
	snprintf(name, sizeof(name), "number_of_%c", 'a' + i);
	libs[i].number = (int (*)(const char *))dlsym(libs[i].lib, name);
}

static void close_lib(int i)
{
	dlclose(libs[i].lib);
	libs[i].lib = NULL;
}

static void look(void)
{
	int a = libs[0].value(0), b = libs[1].value(0), i;

	for (i = 0; i < nr_seen && (seen[i][0] != a || seen[i][1] != b); i++)
		;
	if (i == nr_seen && nr_seen < MAX_SEEN) {
		seen[i][0] = a;
		seen[i][1] = b;
		nr_seen++;
	}
}

static void *spin(void *arg)
{
	proto_yield();
	for (;;) {
		pthread_mutex_lock(&lock);
		if (libs[0].lib && libs[1].lib)
			look();
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

static void tell_values(void)
{
	char text[3][16] = { "-", "-", "-" };

	if (libs[0].lib)
		snprintf(text[0], 16, "%d", libs[0].value(0));
	if (libs[1].lib) {
		snprintf(text[1], 16, "%d", libs[1].value(0));
		snprintf(text[2], 16, "%d", libs[1].number("10"));
	}
	proto_say("%s %s %s", text[0], text[1], text[2]);
}

static void tell_seen(void)
{
	char text[256] = "";
	size_t n = 0;

	for (int i = 0; i < nr_seen; i++)
		n += snprintf(text + n, sizeof(text) - n, "%s%d/%d", i ? " " : "", seen[i][0],
			      seen[i][1]);
	nr_seen = 0;
	proto_say("%s", text);
}

static void handle(int argc, char **argv)
{
	pthread_t thread;

	if (!strcmp(argv[0], "spin")) {
		if (pthread_create(&thread, NULL, spin, NULL))
			_exit(3);
		proto_say("ok");
		return;
	}
	pthread_mutex_lock(&lock);
	if (!strcmp(argv[0], "values")) {
		tell_values();
	} else if (!strcmp(argv[0], "seen")) {
		tell_seen();
	} else if (!strcmp(argv[0], "open") || !strcmp(argv[0], "close")) {
		for (int i = 1; i < argc; i++) {
			int nr = argv[i][0] - 'a';

			if (argv[0][0] == 'o')
				open_lib(nr);
			else
				close_lib(nr);
		}
		proto_say("ok");
	} else if (!strcmp(argv[0], "again") && argc == 4) {
		for (int i = atoi(argv[3]); i > 0; i--) {
			close_lib(argv[1][0] - 'a');
			close_lib(argv[2][0] - 'a');
			open_lib(argv[1][0] - 'a');
			open_lib(argv[2][0] - 'a');
			look();
		}
		tell_seen();
	} else {
		proto_say("what?");
	}
	pthread_mutex_unlock(&lock);
}

int main(int argc, char **argv)
{
	char *slash = strrchr(argv[0], '/');

	(void)argc;
	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - argv[0]) : 1,
		 slash ? argv[0] : ".");
	return proto_serve(handle);
}
