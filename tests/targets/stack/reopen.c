// SPDX-License-Identifier: GPL-2.0
/*
 * A program with a second thread that opens and closes the library over and over.
 *   cycle N FILE   N times: open FILE, call one(0), two(0), three(0), close it: how often
 *                  each triple came, as "201,102,203 N ..."
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include "../common/proto.h"

#define MAX_SEEN 8

static char seen[MAX_SEEN][32];
static int counts[MAX_SEEN];

static void *sleeper(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static int call(void *lib, const char *name)
{
	int (*fn)(int) = (int (*)(int))dlsym(lib, name);

	return fn ? fn(0) : -1;
}

static void cycle(const char *file)
{
	void *lib = dlopen(file, RTLD_NOW);
	char text[32];
	int i;

	if (!lib)
		_exit(4);
	snprintf(text, sizeof(text), "%d,%d,%d", call(lib, "one"), call(lib, "two"),
		 call(lib, "three"));
	dlclose(lib);
	for (i = 0; i < MAX_SEEN - 1 && seen[i][0] && strcmp(seen[i], text); i++)
		;
	strcpy(seen[i], text);
	counts[i]++;
}

static void handle(int argc, char **argv)
{
	char text[512] = "";
	size_t n = 0;

	if (strcmp(argv[0], "cycle") || argc != 3) {
		proto_say("what?");
		return;
	}
	memset(seen, 0, sizeof(seen));
	memset(counts, 0, sizeof(counts));
	for (int i = 0; i < atoi(argv[1]); i++)
		cycle(argv[2]);
	for (int i = 0; i < MAX_SEEN && seen[i][0]; i++)
		n += snprintf(text + n, sizeof(text) - n, "%s%s %d", i ? " " : "", seen[i],
			      counts[i]);
	proto_say("%s", text);
}

int main(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, sleeper, NULL))
		return 3;
	return proto_serve(handle);
}
