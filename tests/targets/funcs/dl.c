// SPDX-License-Identifier: GPL-2.0
/*
 * A process that maps libfuncs.so when it is told to, and lets go of it again.
 *   open FILE    dlopen, then call answer() at once    value of answer(4), and of the constructor
 *   close        dlclose
 *   map FILE     mmap it for reading only: it has no text here
 *   answer       the value of answer(4)
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include "../common/proto.h"

static void *lib;
static int (*answer)(int x);

static void handle(int argc, char **argv)
{
	if (!strcmp(argv[0], "open") && argc == 2) {
		int *first;

		lib = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
		answer = lib ? (int (*)(int))dlsym(lib, "answer") : NULL;
		first = lib ? dlsym(lib, "answer_in_constructor") : NULL;
		if (!answer || !first)
			proto_say("bad %s", dlerror());
		else
			proto_say("%d %d", answer(4), *first);
	} else if (!strcmp(argv[0], "close") && lib) {
		proto_say(dlclose(lib) ? "bad dlclose" : "ok");
		lib = NULL;
		answer = NULL;
	} else if (!strcmp(argv[0], "map") && argc == 2) {
		int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
		void *at = MAP_FAILED;

		if (fd >= 0) {
			at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
			close(fd);
		}
		proto_say(at == MAP_FAILED ? "bad mmap" : "ok");
	} else if (!strcmp(argv[0], "answer") && answer) {
		proto_say("%d", answer(4));
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

int main(void)
{
	proto_unused();
	return proto_serve(handle);
}
