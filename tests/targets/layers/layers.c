// SPDX-License-Identifier: GPL-2.0
/*
 * A process that opens the library by itself.
 *   open FILE      dlopen
 *   values         first(0) second(0) third(0)
 *   hooks          how often pre_patch and post_patch have run
 *   thread         one more thread, asleep
 *   write FILE     one more thread, that writes into FILE all the time
 *   cycle N FILE   N times: close the library, open FILE, wait until a pre_patch and a
 *                  post_patch have run (at most ten seconds, longer on a slow kernel): how
 *                  often they had, once each. It ends with the first time that they had not
 *   spoil, mend    a breakpoint where a branch of second() would be, and away with it
 *   hide, show     the text without any access, and with it again
 *   door           move the pages of the hooks' door elsewhere: how many would go
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include "../common/proto.h"

#define PAGE 4096UL

static void *lib;
static int (*functions[3])(int x);
static volatile int *hooks;

static int open_lib(const char *file)
{
	static const char *const names[] = { "first", "second", "third" };

	if (lib)
		dlclose(lib);
	lib = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	hooks = lib ? dlsym(lib, "layers_hooks") : NULL;
	for (int i = 0; hooks && i < 3; i++)
		functions[i] = (int (*)(int))dlsym(lib, names[i]);
	return hooks ? 0 : -1;
}

static void *sleeper(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* Much at once: it waits for the reader, and is woken, in the middle of its call. */
static void *writer(void *arg)
{
	static char bytes[1 << 20];

	for (;;)
		if (write((int)(intptr_t)arg, bytes, sizeof(bytes)) < 0)
			_exit(4);
	return NULL;
}

static void start_thread(void *(*fn)(void *), intptr_t arg)
{
	pthread_t thread;

	proto_say(arg >= 0 && !pthread_create(&thread, NULL, fn, (void *)arg) ? "ok" : "bad thread");
}

static void cycle(int n, const char *file)
{
	const char *factor = getenv("SUTURE_FACTOR");
	int good = 0, looks = 2000 * (factor ? atoi(factor) : 1);

	for (int i = 0; i < n && good == i; i++) {
		if (open_lib(file))
			_exit(5);
		for (int k = 0; k < looks && !hooks[1]; k++)
			usleep(5000);
		/* And not once more. */
		usleep(20000);
		good += hooks[0] == 1 && hooks[1] == 1;
	}
	if (good == n)
		proto_say("%d of %d", good, n);
	else
		proto_say("%d of %d, then %d pre_patch %d post_patch", good, n, hooks[0], hooks[1]);
}

static int protect(int prot)
{
	return mprotect((void *)((uintptr_t)functions[0] & ~(PAGE - 1)), PAGE, prot);
}

static void spoil(bool mend)
{
	uint8_t *at = (uint8_t *)(void *)functions[1];
	static uint8_t before;

	if (protect(PROT_READ | PROT_WRITE | PROT_EXEC)) {
		proto_say("bad mprotect");
		return;
	}
	if (!mend)
		before = *at;
	*at = mend ? before : 0xcc;
	proto_say(protect(PROT_READ | PROT_EXEC) ? "bad mprotect" : "ok");
}

static void move_doors(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	int doors = 0, moved = 0;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps)) {
		void *at = (void *)strtoul(line, NULL, 16), *to;

		if (!strstr(line, "suture-door"))
			continue;
		doors++;
		to = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		moved += mremap(at, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to;
	}
	if (maps)
		fclose(maps);
	proto_say("%d of %d", moved, doors);
}

static void handle(int argc, char **argv)
{
	if (!strcmp(argv[0], "open") && argc == 2)
		proto_say(open_lib(argv[1]) ? "bad dlopen" : "ok");
	else if (!strcmp(argv[0], "values"))
		proto_say("%d %d %d", functions[0](0), functions[1](0), functions[2](0));
	else if (!strcmp(argv[0], "hooks"))
		proto_say("%d %d", hooks[0], hooks[1]);
	else if (!strcmp(argv[0], "thread"))
		start_thread(sleeper, 0);
	else if (!strcmp(argv[0], "write") && argc == 2)
		start_thread(writer, open(argv[1], O_WRONLY | O_CLOEXEC));
	else if (!strcmp(argv[0], "cycle") && argc == 3)
		cycle(atoi(argv[1]), argv[2]);
	else if (!strcmp(argv[0], "spoil") || !strcmp(argv[0], "mend"))
		spoil(argv[0][0] == 'm');
	else if (!strcmp(argv[0], "hide"))
		proto_say(protect(PROT_NONE) ? "bad mprotect" : "ok");
	else if (!strcmp(argv[0], "show"))
		proto_say(protect(PROT_READ | PROT_EXEC) ? "bad mprotect" : "ok");
	else if (!strcmp(argv[0], "door"))
		move_doors();
	else
		proto_say("bad word %s", argv[0]);
}

int main(void)
{
	proto_unused();
	return proto_serve(handle);
}
