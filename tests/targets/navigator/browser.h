/* SPDX-License-Identifier: GPL-2.0 */
/* The browser process: parts of the program around libnavigator. */
#ifndef BROWSER_H
#define BROWSER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#define TABS_MAX 17

/* What became of the pages that one thread ran. */
struct tally {
	unsigned long visits;
	unsigned long hostile_ok, hostile_failed;	/* page forged its address, or not */
	unsigned long honest_ok, honest_failed;		/* page intercepted its own URL, or not */
	unsigned long foreign_ok, foreign_failed;	/* forged another site's: never works */
};

/* A thread that runs pages. */
struct tab {
	char name[16];
	pthread_t thread;
	pthread_mutex_t lock;	/* protects tally */
	struct tally tally;
	bool busy;		/* does not sleep between pages */
};

struct browser {
	const char *socket_path;
	int nr_tabs;		/* tab 0 is the main thread's */
	struct tab tabs[TABS_MAX];
	atomic_uint epoch;	/* raised by a reset; results of older visits are dropped */
	atomic_bool quit;

	/* Blocked calls that returned for no reason of the program's own. */
	atomic_ulong eintr, early;
	/* Longest time from one turn of the main thread's page loop to the next. */
	atomic_long gap_us;

	/* Since the start, whatever was reset: what must work, and what must not. */
	atomic_ulong ever_honest_ok, ever_honest_failed, ever_foreign_ok;

	int request_fd, reply_fd[2];	/* to the network thread and back */
	atomic_ulong requests;		/* that it served */
};

/* pages.c: run the page number n (any number) in this tab and count it. */
void visit_page(struct browser *browser, struct tab *tab, unsigned int n);

/* How many pages there are. */
unsigned int nr_pages(void);

/*
 * Open from and let its script intercept a navigation to, and write one line
 * about it. 0, or -EINVAL for what is no URL.
 */
int try_navigation(const char *from, const char *to, FILE *out);

/*
 * tab.c: one document that stays open, whose script takes over whatever it may;
 * for the control thread only. Each writes a line or more. 0 or a negative errno.
 */
int tab_open(const char *url, FILE *out);
int tab_navigate(const char *url, FILE *out);
int tab_traverse(int delta, FILE *out);
int tab_show(FILE *out);
int tab_close(FILE *out);

/* network.c: the body of the network thread, and a request to it. */
void *network_thread(void *browser);
int network_fetch(struct browser *browser);

/* control.c: the body of the control thread. */
void *control_thread(void *browser);

#endif
