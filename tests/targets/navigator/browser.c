// SPDX-License-Identifier: GPL-2.0
/*
 * browser [-t THREADS] [-b BUSY] SOCKET
 *
 * A browser process: the main thread's page loop, THREADS content threads of
 * which BUSY never sleep, a network thread blocked in epoll_wait and a control
 * thread that listens on SOCKET (see control.c). All of them use libnavigator.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "browser.h"

static struct browser browser;

static long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* The main thread's is short, since it watches the clock. */
static void pause_between_pages(long us)
{
	const struct timespec pause = { .tv_nsec = us * 1000 };

	if (nanosleep(&pause, NULL) && errno == EINTR)
		atomic_fetch_add(&browser.eintr, 1);
}

static void *content_thread(void *data)
{
	struct tab *tab = data;

	for (unsigned int n = 0; !atomic_load(&browser.quit); n++) {
		visit_page(&browser, tab, n);
		if (!tab->busy)
			pause_between_pages(4000);
	}
	return NULL;
}

/* The main thread also watches the clock: how long was it kept from a turn? */
static void page_loop(struct tab *tab)
{
	long last = now_us();

	for (unsigned int n = 0; !atomic_load(&browser.quit); n++) {
		long now, gap;

		visit_page(&browser, tab, n);
		pause_between_pages(500);
		now = now_us();
		gap = now - last;
		last = now;
		if (gap > atomic_load(&browser.gap_us))
			atomic_store(&browser.gap_us, gap);
	}
}

static void start_thread(pthread_t *thread, const char *name, void *(*body)(void *), void *data)
{
	int err = pthread_create(thread, NULL, body, data);

	if (err) {
		fprintf(stderr, "browser: thread %s: %s\n", name, strerror(err));
		exit(EXIT_FAILURE);
	}
	pthread_setname_np(*thread, name);
}

static int usage(void)
{
	fprintf(stderr, "usage: browser [-t THREADS (1..%d)] [-b BUSY] SOCKET\n", TABS_MAX - 1);
	return 2;
}

int main(int argc, char **argv)
{
	pthread_t network, control;
	int threads = 4, busy = 0, opt;

	while ((opt = getopt(argc, argv, "t:b:")) != -1) {
		if (opt == 't')
			threads = atoi(optarg);
		else if (opt == 'b')
			busy = atoi(optarg);
		else
			return usage();
	}
	if (argc - optind != 1 || threads < 1 || threads > TABS_MAX - 1 || busy > threads)
		return usage();

	browser.socket_path = argv[optind];
	browser.nr_tabs = threads + 1;
	browser.request_fd = eventfd(0, EFD_CLOEXEC);
	if (browser.request_fd < 0 || pipe(browser.reply_fd)) {
		perror("browser");
		return EXIT_FAILURE;
	}
	for (int i = 0; i < browser.nr_tabs; i++) {
		struct tab *tab = &browser.tabs[i];

		pthread_mutex_init(&tab->lock, NULL);
		tab->busy = i && i <= busy;
		if (i)
			snprintf(tab->name, sizeof(tab->name), "content-%d", i);
		else
			snprintf(tab->name, sizeof(tab->name), "main");
	}
	start_thread(&network, "network", network_thread, &browser);
	start_thread(&control, "control", control_thread, &browser);
	for (int i = 1; i < browser.nr_tabs; i++)
		start_thread(&browser.tabs[i].thread, browser.tabs[i].name, content_thread,
			     &browser.tabs[i]);

	page_loop(&browser.tabs[0]);

	for (int i = 1; i < browser.nr_tabs; i++)
		pthread_join(browser.tabs[i].thread, NULL);
	pthread_join(control, NULL);
	/* The network thread sleeps until it is sent something. */
	network_fetch(&browser);
	pthread_join(network, NULL);
	return EXIT_SUCCESS;
}
