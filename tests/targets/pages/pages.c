// SPDX-License-Identifier: GPL-2.0
/*
 * Opens libpages4.so, libpages16.so and libpages64.so, beside itself.
 *   open          all of them
 *   value         what they give for 0
 *   close         all
 *   reopen N      opens and closes all, N times: how often each was new, e.g. "3 3 3"
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include "../common/proto.h"

static const char *const names[] = { "pages4", "pages16", "pages64" };
static void *libs[3];
static int (*fns[3])(int);

static int open_all(void)
{
	char dir[4000], path[4100];
	ssize_t n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);

	if (n <= 0)
		return -1;
	dir[n] = 0;
	*strrchr(dir, '/') = 0;
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/lib%s.so", dir, names[i]);
		libs[i] = dlopen(path, RTLD_NOW);
		if (!libs[i])
			return -1;
		fns[i] = (int (*)(int))dlsym(libs[i], names[i]);
	}
	return 0;
}

static void close_all(void)
{
	for (int i = 0; i < 3; i++)
		dlclose(libs[i]);
}

static void handle(int argc, char **argv)
{
	int new[3] = { 0 };

	if (!strcmp(argv[0], "open")) {
		proto_say(open_all() ? "bad" : "ok");
	} else if (!strcmp(argv[0], "value")) {
		proto_say("%d %d %d", fns[0](0), fns[1](0), fns[2](0));
	} else if (!strcmp(argv[0], "close")) {
		close_all();
		proto_say("ok");
	} else if (!strcmp(argv[0], "reopen") && argc == 2) {
		for (int n = atoi(argv[1]); n > 0; n--) {
			if (open_all()) {
				proto_say("bad");
				return;
			}
			for (int i = 0; i < 3; i++)
				new[i] += fns[i](0) == 1001;
			close_all();
		}
		proto_say("%d %d %d", new[0], new[1], new[2]);
	} else {
		proto_say("what?");
	}
}

int main(void)
{
	return proto_serve(handle);
}
