// SPDX-License-Identifier: GPL-2.0-only
/* sutured(8): patches that lie in folders are in force. */
#include <argp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "sutured.h"

#define FILES_WANTED	(4 * SUTURE_MAX_FILES)	/* descriptors */

const char *argp_program_version = "sutured " SUTURE_VERSION;

struct options {
	bool once;
};

static const struct argp_option argp_options[] = {
	{ "once", '1', NULL, 0, "Look once, do what is to be done, and end", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	(void)arg;
	switch (key) {
	case '1':
		opt->once = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_usage(state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.doc = "Keep the running system in agreement with the patch modules that lie in "
	       "/usr/lib/suture/patches and /var/lib/suture/patches. The service manager "
	       "starts it; see sutured(8) and suture.conf(5).",
};

#define LOCK_TRIES	100
#define LOCK_PAUSE_NS	10000000L

/* Another one of us holds it for good; who asks whether we run (lib/report.c), for a moment. */
static int lock(int fd)
{
	struct timespec pause = { 0, LOCK_PAUSE_NS };
	int i;

	for (i = 1; flock(fd, LOCK_EX | LOCK_NB); i++) {
		if (errno != EWOULDBLOCK || i == LOCK_TRIES)
			return -errno;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* Of the file that another one of us holds. */
static int be_the_only_one(const char *run)
{
	char path[4096];
	int fd, ret;

	if (suture_make_dirs(run, 0755))
		return -errno;
	snprintf(path, sizeof(path), "%s/sutured.lock", run);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	ret = lock(fd);		/* held until we end */
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "%s/" SUTURE_POKE_NAME, run);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/*
 * In a mount namespace of our own (a sandbox) a patch module would be opened on a mount
 * that goes when we end, and its path be a part of the real one: so it is opened where
 * the first process sees it.
 */
static const char *find_root(void)
{
	struct stat ours, first;

	if (stat("/proc/self/ns/mnt", &ours) || stat("/proc/1/ns/mnt", &first) ||
	    (ours.st_dev == first.st_dev && ours.st_ino == first.st_ino))
		return "";
	return "/proc/1/root";
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	struct service *s = arg;

	(void)source, (void)info;
	sd_notify(0, "RELOADING=1");
	attempts_clear(s);
	service_reconcile(s);
	sd_notify(0, "READY=1");
	return 0;
}

static int set_up(struct service *s)
{
	sigset_t mask;
	int ret;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	ret = sd_event_default(&s->loop);
	if (ret >= 0)
		ret = sd_event_add_signal(s->loop, NULL, SIGTERM, NULL, NULL);
	if (ret >= 0)
		ret = sd_event_add_signal(s->loop, NULL, SIGINT, NULL, NULL);
	if (ret >= 0)
		ret = sd_event_add_signal(s->loop, NULL, SIGHUP, on_reload, s);
	if (ret >= 0)
		ret = sd_event_set_watchdog(s->loop, true);
	return ret < 0 ? ret : 0;
}

static void tear_down(struct service *s)
{
	crashes_stop(s);
	watch_free(s);
	attempts_clear(s);
	sd_event_source_disable_unref(s->settle);
	sd_event_source_disable_unref(s->poll);
	sd_event_source_disable_unref(s->rescan);
	sd_event_unref(s->loop);
	free(s->attempts);
	free(s->seen);
	free(s->events);
	handover_forget(s);
	suture_store_files_free(s->lists, s->nr_lists);
	free(s->last_error);
	free(s->last_report);
}

int main(int argc, char **argv)
{
	struct rlimit files = { FILES_WANTED, FILES_WANTED };
	struct service s = {
		.dirs = suture_dirs, .dev = -1, .settle_ms = 200, .began = time(NULL),
	};
	struct options opt = { 0 };
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return EXIT_FAILURE;
	setrlimit(RLIMIT_NOFILE, &files);
	s.root = find_root();
	ret = be_the_only_one(s.dirs.run);
	if (ret) {
		service_log(LOG_ERR, "error", NULL, NULL, NULL, ret == -EWOULDBLOCK ?
			    "another sutured is running" : "cannot open %s/sutured.lock: %s",
			    s.dirs.run, strerror(-ret));
		return EXIT_FAILURE;
	}
	ret = set_up(&s);
	if (ret) {
		service_log(LOG_ERR, "error", NULL, NULL, NULL, "cannot start: %s",
			    strerror(-ret));
		tear_down(&s);
		return EXIT_FAILURE;
	}
	history_boot(&s);
	/* Whoever is started after us is to find the patches in the kernel. */
	service_reconcile(&s);
	sd_notify(0, "READY=1");
	if (!opt.once) {
		/* Not earlier: the patches are what others wait for. */
		crashes_start(&s);
		ret = sd_event_loop(s.loop);
	}
	sd_notify(0, "STOPPING=1");
	tear_down(&s);
	return ret < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
