// SPDX-License-Identifier: GPL-2.0
/*
 * A program whose functions several patches replace.
 *   values         one(0) two(0) three(0)
 *   first          what these were before main()
 *   tell N         tell(N)
 *   spin, seen     a thread that calls one()
 *   enter, leave   into stay()
 *   hooks          how often each hook has run (stack.h)
 *   missing ADDR   from now on the page there comes only when we say so
 *   come           it does, with what was in it
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "../common/crew.h"
#include "stack.h"

#define PAGE 4096UL

static char kept[PAGE];
static unsigned long missing;
static int faults;

static int take_away(unsigned long page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { page, PAGE }, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	faults = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (faults < 0 || ioctl(faults, UFFDIO_API, &api))
		return -1;
	memcpy(kept, (void *)page, PAGE);
	missing = page;
	if (mmap((void *)page, PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return -1;
	return ioctl(faults, UFFDIO_REGISTER, &reg);
}

static int bring_back(void)
{
	struct uffdio_copy copy = { .dst = missing, .src = (unsigned long)kept, .len = PAGE };
	int ret = ioctl(faults, UFFDIO_COPY, &copy);

	close(faults);
	return ret;
}

static int first[3];

__attribute__((constructor)) static void see_first(void)
{
	first[0] = one(0);
	first[1] = two(0);
	first[2] = three(0);
}

static int call_one(void)
{
	return one(0);
}

static void handle(int argc, char **argv)
{
	if (!strcmp(argv[0], "values"))
		proto_say("%d %d %d", one(0), two(0), three(0));
	else if (!strcmp(argv[0], "first"))
		proto_say("%d %d %d", first[0], first[1], first[2]);
	else if (!strcmp(argv[0], "tell") && argc == 2)
		proto_say("%ld", tell(atoi(argv[1])));
	else if (!strcmp(argv[0], "hooks"))
		proto_say("%d %d %d %d, %d %d %d %d", hook_runs(0), hook_runs(1), hook_runs(2),
			  hook_runs(3), hook_runs(4), hook_runs(5), hook_runs(6), hook_runs(7));
	else if (!strcmp(argv[0], "missing") && argc == 2)
		proto_say(take_away(strtoul(argv[1], NULL, 16)) ? "bad %d" : "ok", errno);
	else if (!strcmp(argv[0], "come"))
		proto_say(bring_back() ? "bad %d" : "ok", errno);
	else if (!crew_word(argv[0]))
		proto_say("what?");
}

int main(void)
{
	static const struct crew crew = { .spinners = 1, .call = call_one, .stay = stay };

	return crew_serve(&crew, handle);
}
