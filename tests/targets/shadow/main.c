// SPDX-License-Identifier: GPL-2.0
/*
 * A process that uses libsessions.so.
 *   open N           open N sessions         ok N (how many there are)
 *   use N            use each of them N times
 *   close N          close the N oldest      uses U U … (what session_close said)
 *   logs             how many logs are open  logs N
 *   spin N           start N threads that open, use and close sessions without end
 *   rest             have them stop, and end     rounds N bad N
 *   child            fork: close all in the child    child logs N
 *   events, busy N   see session_events(), session_set_busy()
 */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "../common/proto.h"
#include "sessions.h"

#define MAX_SESSIONS	256
#define MAX_SPINNERS	16
#define OWN		4

static struct session *sessions[MAX_SESSIONS];
static int nr_sessions;

static pthread_t spinners[MAX_SPINNERS];
static int nr_spinners;
static atomic_bool stop;
static atomic_ulong rounds, bad;

static void *spin(void *arg)
{
	struct session *own[OWN];

	(void)arg;
	while (!atomic_load(&stop)) {
		for (int i = 0; i < OWN; i++)
			own[i] = session_open();
		for (int i = 0; i < OWN; i++) {
			unsigned long uses;

			if (!own[i]) {
				atomic_fetch_add(&bad, 1);
				continue;
			}
			for (int n = 0; n <= i; n++)
				session_use(own[i]);
			uses = session_close(own[i]);
			if (uses > (unsigned long)i + 1)
				atomic_fetch_add(&bad, 1);
		}
		atomic_fetch_add(&rounds, 1);
	}
	return NULL;
}

/* Open files of /dev/null beside the standard ones. */
static int count_logs(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *de;
	int n = 0;

	while (dir && (de = readdir(dir))) {
		char target[64];
		ssize_t len = readlinkat(dirfd(dir), de->d_name, target, sizeof(target) - 1);

		if (len < 0 || atoi(de->d_name) < 3)
			continue;
		target[len] = '\0';
		n += !strcmp(target, "/dev/null");
	}
	if (dir)
		closedir(dir);
	return n;
}

static void open_sessions(int n)
{
	while (n-- > 0 && nr_sessions < MAX_SESSIONS) {
		sessions[nr_sessions] = session_open();
		if (!sessions[nr_sessions])
			break;
		nr_sessions++;
	}
	proto_say("ok %d", nr_sessions);
}

static void use_sessions(int n)
{
	for (int i = 0; i < nr_sessions; i++)
		for (int k = 0; k < n; k++)
			session_use(sessions[i]);
	proto_say("ok %d", nr_sessions);
}

static void close_sessions(int n, char *answer, size_t size)
{
	size_t len = snprintf(answer, size, "uses");

	if (n > nr_sessions)
		n = nr_sessions;
	for (int i = 0; i < n; i++) {
		unsigned long uses = session_close(sessions[i]);

		if (len < size)
			len += snprintf(answer + len, size - len, " %lu", uses);
	}
	nr_sessions -= n;
	memmove(sessions, sessions + n, nr_sessions * sizeof(sessions[0]));
}

static void rest(void)
{
	atomic_store(&stop, true);
	while (nr_spinners)
		pthread_join(spinners[--nr_spinners], NULL);
	atomic_store(&stop, false);
	proto_say("rounds %lu bad %lu", atomic_exchange(&rounds, 0), atomic_exchange(&bad, 0));
}

static void child(void)
{
	char ignored[1024];
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		close_sessions(MAX_SESSIONS, ignored, sizeof(ignored));
		_exit(count_logs());
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	proto_say("child logs %d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static void handle(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 0;

	if (!strcmp(argv[0], "open")) {
		open_sessions(n);
	} else if (!strcmp(argv[0], "use")) {
		use_sessions(n);
	} else if (!strcmp(argv[0], "close")) {
		char answer[1000];

		close_sessions(n, answer, sizeof(answer));
		proto_say("%s", answer);
	} else if (!strcmp(argv[0], "logs")) {
		proto_say("logs %d", count_logs());
	} else if (!strcmp(argv[0], "spin")) {
		while (n-- > 0 && nr_spinners < MAX_SPINNERS)
			if (!pthread_create(&spinners[nr_spinners], NULL, spin, NULL))
				nr_spinners++;
		proto_say("ok %d", nr_spinners);
	} else if (!strcmp(argv[0], "rest")) {
		rest();
	} else if (!strcmp(argv[0], "child")) {
		child();
	} else if (!strcmp(argv[0], "events")) {
		proto_say("events %s", session_events());
	} else if (!strcmp(argv[0], "busy")) {
		session_set_busy(n);
		proto_say("ok");
	} else {
		proto_say("bad command");
	}
}

int main(void)
{
	proto_unused();
	return proto_serve(handle);
}
