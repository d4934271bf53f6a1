// SPDX-License-Identifier: GPL-2.0
/*
 * The control thread: one command a connection of a unix socket, a line each
 * way or more.
 *
 *	navigate FROM TO	let a page at FROM intercept a navigation to TO
 *	open URL, close		the tab that stays
 *	go URL, back N		navigate in it, N entries through its history
 *	show			its history, as it is in memory
 *	stats			what each thread counted
 *	reset			count from nothing
 *	run N			reset, let every thread visit N pages, then stats
 *	fetch			have the network thread serve a request
 *	quit
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "browser.h"
#include "navigator.h"

static void reset(struct browser *browser)
{
	atomic_fetch_add(&browser->epoch, 1);
	for (int i = 0; i < browser->nr_tabs; i++) {
		struct tab *tab = &browser->tabs[i];

		pthread_mutex_lock(&tab->lock);
		tab->tally = (struct tally){ 0 };
		pthread_mutex_unlock(&tab->lock);
	}
	atomic_store(&browser->gap_us, 0);
}

static struct tally read_tally(struct tab *tab)
{
	struct tally tally;

	pthread_mutex_lock(&tab->lock);
	tally = tab->tally;
	pthread_mutex_unlock(&tab->lock);
	return tally;
}

static void print_tally(const char *name, const struct tally *t, FILE *out)
{
	fprintf(out,
		"thread=%s visits=%lu hostile_ok=%lu hostile_failed=%lu honest_ok=%lu honest_failed=%lu foreign_ok=%lu foreign_failed=%lu\n",
		name, t->visits, t->hostile_ok, t->hostile_failed, t->honest_ok, t->honest_failed,
		t->foreign_ok, t->foreign_failed);
}

static void print_stats(struct browser *browser, FILE *out)
{
	struct nav_statistics statistics;

	for (int i = 0; i < browser->nr_tabs; i++) {
		struct tally tally = read_tally(&browser->tabs[i]);

		print_tally(browser->tabs[i].name, &tally, out);
	}
	nav_statistics(&statistics);
	fprintf(out, "eintr=%lu early=%lu gap_us=%ld requests=%lu events=%lu rewrites=%lu refused=%lu\n",
		atomic_load(&browser->eintr), atomic_load(&browser->early),
		atomic_load(&browser->gap_us), atomic_load(&browser->requests), statistics.events,
		statistics.rewrites, statistics.refused);
	fprintf(out, "ever_honest_ok=%lu ever_honest_failed=%lu ever_foreign_ok=%lu\n",
		atomic_load(&browser->ever_honest_ok), atomic_load(&browser->ever_honest_failed),
		atomic_load(&browser->ever_foreign_ok));
}

static void run(struct browser *browser, unsigned long visits)
{
	reset(browser);
	for (int i = 0; i < browser->nr_tabs; i++) {
		while (!atomic_load(&browser->quit) &&
		       read_tally(&browser->tabs[i]).visits < visits)
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
}

static bool tab_command(const char *command, const char *argument, FILE *out)
{
	int err;

	if (!strcmp(command, "open") && argument)
		err = tab_open(argument, out);
	else if (!strcmp(command, "go") && argument)
		err = tab_navigate(argument, out);
	else if (!strcmp(command, "back") && argument)
		err = tab_traverse(-atoi(argument), out);
	else if (!strcmp(command, "show"))
		err = tab_show(out);
	else if (!strcmp(command, "close"))
		err = tab_close(out);
	else
		return false;
	if (err)
		fprintf(out, "error: %s\n", strerror(-err));
	return true;
}

static void execute(struct browser *browser, char *line, FILE *out)
{
	char *save, *command = strtok_r(line, " \r\n", &save);
	char *first = command ? strtok_r(NULL, " \r\n", &save) : NULL;
	char *second = first ? strtok_r(NULL, " \r\n", &save) : NULL;
	int err;

	if (!command) {
		fprintf(out, "error: no command\n");
	} else if (!strcmp(command, "navigate") && second) {
		err = try_navigation(first, second, out);
		if (err)
			fprintf(out, "error: %s\n", strerror(-err));
	} else if (tab_command(command, first, out)) {
		/* done */
	} else if (!strcmp(command, "stats")) {
		print_stats(browser, out);
	} else if (!strcmp(command, "reset")) {
		reset(browser);
		fprintf(out, "ok\n");
	} else if (!strcmp(command, "run") && first) {
		run(browser, strtoul(first, NULL, 10));
		print_stats(browser, out);
	} else if (!strcmp(command, "fetch")) {
		err = network_fetch(browser);
		fprintf(out, err ? "error\n" : "ok\n");
	} else if (!strcmp(command, "quit")) {
		atomic_store(&browser->quit, true);
		fprintf(out, "ok\n");
	} else {
		fprintf(out, "error: unknown command\n");
	}
}

static void serve(struct browser *browser, int fd)
{
	FILE *stream = fdopen(fd, "r+");
	char line[4096];

	if (!stream) {
		close(fd);
		return;
	}
	if (fgets(line, sizeof(line), stream))
		execute(browser, line, stream);
	fclose(stream);
}

void *control_thread(void *data)
{
	struct browser *browser = data;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, browser->socket_path, sizeof(address.sun_path) - 1);
	unlink(address.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 8)) {
		perror(browser->socket_path);
		exit(EXIT_FAILURE);
	}
	while (!atomic_load(&browser->quit)) {
		int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (client >= 0)
			serve(browser, client);
		else if (errno == EINTR)
			atomic_fetch_add(&browser->eintr, 1);
		else
			atomic_fetch_add(&browser->early, 1);
	}
	close(fd);
	unlink(address.sun_path);
	return NULL;
}
