// SPDX-License-Identifier: GPL-2.0
/*
 * A process one of whose threads is in the middle of fork() for as long as the test
 * wants: userfaultfd's fork event holds it, when the memory is copied and before
 * there is a child.
 *   fork     a thread begins to fork
 *   finish   the fork may end: the id of the child
 *   answer   answer(4), here
 *   child    answer(4), in the child
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "../common/proto.h"
#include "../funcs/funcs.h"

static int uffd, to_child[2], from_child[2];
static volatile pid_t child;
static pthread_t forker;

static void be_child(void)
{
	int got;
	char c;

	close(to_child[1]);
	while (read(to_child[0], &c, 1) == 1) {
		got = answer(4);
		if (write(from_child[1], &got, sizeof(got)) != sizeof(got))
			break;
	}
	_exit(0);
}

static void *fork_thread(void *arg)
{
	pid_t pid = fork();

	(void)arg;
	if (!pid)
		be_child();
	child = pid;
	return NULL;
}

static int watch_forks(void)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_EVENT_FORK };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0 || page == MAP_FAILED || ioctl(uffd, UFFDIO_API, &api))
		return -1;
	reg.range.start = (unsigned long)page;
	reg.range.len = 4096;
	return ioctl(uffd, UFFDIO_REGISTER, &reg);
}

static void handle(int argc, char **argv)
{
	struct uffd_msg msg;
	int got;

	(void)argc;
	if (!strcmp(argv[0], "fork")) {
		child = 0;
		proto_say(pthread_create(&forker, NULL, fork_thread, NULL) ? "bad thread" : "ok");
	} else if (!strcmp(argv[0], "finish")) {
		if (read(uffd, &msg, sizeof(msg)) != sizeof(msg) || msg.event != UFFD_EVENT_FORK) {
			proto_say("bad event");
			return;
		}
		close(msg.arg.fork.ufd);
		pthread_join(forker, NULL);
		proto_say("%d", child);
	} else if (!strcmp(argv[0], "answer")) {
		proto_say("%d", answer(4));
	} else if (!strcmp(argv[0], "child")) {
		if (write(to_child[1], "", 1) != 1 ||
		    read(from_child[0], &got, sizeof(got)) != sizeof(got))
			proto_say("bad child");
		else
			proto_say("%d", got);
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

int main(void)
{
	if (pipe2(to_child, O_CLOEXEC) || pipe2(from_child, O_CLOEXEC) || watch_forks()) {
		proto_say("bad set-up");
		return 1;
	}
	proto_unused();
	return proto_serve(handle);
}
