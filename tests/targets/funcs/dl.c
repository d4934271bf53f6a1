// SPDX-License-Identifier: GPL-2.0
/*
 * A process that maps libfuncs.so when it is told to, and lets go of it again.
 *   open FILE    dlopen, then call answer() at once    value of answer(4), and of the constructor
 *   close        dlclose
 *   map FILE     mmap it for reading only: it has no text here
 *   text FILE    mmap its beginning, executable
 *   answer       the value of answer(4)
 *   hide, show   the library's text is made read-only, executable again
 *   copy         the library's text is copied to anonymous memory at the same address
 *   copy-all     all of the library is: nothing of its file stays mapped
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include "../common/proto.h"

static void *lib;
static int (*answer)(int x);

/* the whole mapping of the text that answer() is in; false: not found */
static int text_of_answer(char **ret_start, size_t *ret_size)
{
	unsigned long start, end, at = (unsigned long)answer;
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	int found = 0;

	while (maps && !found && fgets(line, sizeof(line), maps))
		found = sscanf(line, "%lx-%lx", &start, &end) == 2 && at >= start && at < end;
	if (maps)
		fclose(maps);
	*ret_start = (char *)start;
	*ret_size = end - start;
	return found;
}

static int protect_text(int prot)
{
	char *start;
	size_t size;

	return text_of_answer(&start, &size) ? mprotect(start, size, prot) : -1;
}

static int copy_mapping(char *start, size_t size, int prot)
{
	char *copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy == MAP_FAILED)
		return -1;
	memcpy(copy, start, size);
	if (mprotect(copy, size, prot))
		return -1;
	return mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, start) == start ? 0 : -1;
}

/* as programs do that want their text in huge pages */
static int copy_text(void)
{
	char *start;
	size_t size;

	if (!text_of_answer(&start, &size))
		return -1;
	return copy_mapping(start, size, PROT_READ | PROT_EXEC);
}

static int copy_all(void)
{
	struct { unsigned long start, end; int prot; } m[16];
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512], r, w, x;
	int nr = 0;

	while (maps && nr < 16 && fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "/libfuncs.so") ||
		    sscanf(line, "%lx-%lx %c%c%c", &m[nr].start, &m[nr].end, &r, &w, &x) != 5)
			continue;
		m[nr++].prot = (r == 'r' ? PROT_READ : 0) | (w == 'w' ? PROT_WRITE : 0) |
			       (x == 'x' ? PROT_EXEC : 0);
	}
	if (maps)
		fclose(maps);
	for (int i = 0; i < nr; i++) {
		if (copy_mapping((char *)m[i].start, m[i].end - m[i].start, m[i].prot))
			return -1;
	}
	return nr ? 0 : -1;
}

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
	} else if ((!strcmp(argv[0], "map") || !strcmp(argv[0], "text")) && argc == 2) {
		int text = argv[0][0] == 't', fd = open(argv[1], O_RDONLY | O_CLOEXEC);
		void *at = MAP_FAILED;

		if (fd >= 0) {
			at = mmap(NULL, text ? 65536 : 4096, PROT_READ | (text ? PROT_EXEC : 0),
				  MAP_PRIVATE, fd, 0);
			close(fd);
		}
		proto_say(at == MAP_FAILED ? "bad mmap" : "ok");
	} else if (!strcmp(argv[0], "hide") && answer) {
		proto_say(protect_text(PROT_READ) ? "bad hide" : "ok");
	} else if (!strcmp(argv[0], "show") && answer) {
		proto_say(protect_text(PROT_READ | PROT_EXEC) ? "bad show" : "ok");
	} else if (!strcmp(argv[0], "copy") && answer) {
		proto_say(copy_text() ? "bad copy" : "ok");
	} else if (!strcmp(argv[0], "copy-all") && answer) {
		proto_say(copy_all() ? "bad copy" : "ok");
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
