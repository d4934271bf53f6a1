// SPDX-License-Identifier: GPL-2.0
/* The network thread: asleep in epoll_wait without a time limit. */
#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "browser.h"

void *network_thread(void *data)
{
	struct browser *browser = data;
	struct epoll_event event = { .events = EPOLLIN };
	int fd = epoll_create1(EPOLL_CLOEXEC);
	uint64_t value;

	if (fd < 0 || epoll_ctl(fd, EPOLL_CTL_ADD, browser->request_fd, &event)) {
		perror("browser: epoll");
		return NULL;
	}
	while (!atomic_load(&browser->quit)) {
		int n = epoll_wait(fd, &event, 1, -1);

		if (n < 0 && errno == EINTR) {
			atomic_fetch_add(&browser->eintr, 1);
			continue;
		}
		if (n != 1 || read(browser->request_fd, &value, sizeof(value)) != sizeof(value)) {
			atomic_fetch_add(&browser->early, 1);
			continue;
		}
		atomic_fetch_add(&browser->requests, 1);
		if (write(browser->reply_fd[1], "", 1) != 1)
			break;
	}
	close(fd);
	return NULL;
}

/* Wakes the network thread and waits for its answer. */
int network_fetch(struct browser *browser)
{
	uint64_t one = 1;
	char byte;
	ssize_t n;

	if (write(browser->request_fd, &one, sizeof(one)) != sizeof(one))
		return -errno;
	while ((n = read(browser->reply_fd[0], &byte, 1)) < 0 && errno == EINTR)
		atomic_fetch_add(&browser->eintr, 1);
	return n == 1 ? 0 : -EIO;
}
