// SPDX-License-Identifier: GPL-2.0
/*
 * C++ exceptions around limit(), which is replaced. Each answer is made by a child, so
 * that its end can be told, too: ok | bad | signal N.
 *   old|new    is limit() so?
 *   caller     the caller of limit() throws, after limit() has returned
 *   callee     what limit() calls throws and catches itself
 *   through    what limit() calls throws, who has called limit() catches
 * And in this process:
 *   enter      a thread goes into limit() and sleeps there
 *   leave      it comes out by an exception that its caller catches: ok | bad
 *   spin N     N threads throw as "caller" does, without end
 *   wrong      how often that went wrong, and how often it was done, since the last time
 */
#include <atomic>
#include <cstdlib>
#include <pthread.h>
#include <sys/wait.h>
#include "../common/proto.h"
#include "limit.h"

namespace {

struct over {
	int value;
};

int destroyed;

/* what a frame that is unwound leaves behind */
struct witness {
	~witness() { destroyed++; }
};

__attribute__((noinline)) int checked(int x, int most)
{
	witness w;
	int got = limit(x, nullptr);

	if (got >= most)
		throw over{got};
	return got;
}

bool by_caller()
{
	int before = destroyed, most = limit(5000, nullptr);

	try {
		checked(5000, most);
	} catch (const over &e) {
		return e.value == most && destroyed == before + 1;
	}
	return false;
}

int throws(int x)
{
	witness w;

	throw over{x};
}

int throws_and_catches(int x)
{
	try {
		return throws(x);
	} catch (const over &e) {
		return e.value + 1;
	}
}

bool by_callee()
{
	return limit(3, throws_and_catches) == 4;
}

bool through()
{
	try {
		witness w;
		limit(3, throws);
	} catch (const over &e) {
		return e.value == 3;
	}
	return false;
}

bool is_old()
{
	return limit(5000, nullptr) == 10;
}

bool is_new()
{
	return limit(5000, nullptr) == 1000;
}

void in_child(bool (*fn)())
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(9);
		_exit(fn() ? 0 : 1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		proto_say("bad fork");
	else if (WIFSIGNALED(status))
		proto_say("signal %d", WTERMSIG(status));
	else
		proto_say(WEXITSTATUS(status) ? "bad" : "ok");
}

int go[2], back[2];
pthread_t holder;
std::atomic<unsigned long> wrong, rounds;

int sleeps_and_throws(int x)
{
	char c;

	if (write(back[1], "i", 1) != 1 || read(go[0], &c, 1) != 1)
		_exit(3);
	throw over{x};
}

void *inside(void *)
{
	try {
		limit(7, sleeps_and_throws);
	} catch (const over &e) {
		return const_cast<char *>(e.value == 7 ? "ok" : "bad value");
	}
	return const_cast<char *>("bad: nothing thrown");
}

void *spin(void *)
{
	proto_yield();
	for (;;) {
		int seen = 0;

		/* old and new differ; which one it is, is all the same here */
		try {
			checked(5000, 10);
		} catch (const over &e) {
			seen = e.value;
		}
		if (seen != 10 && seen != 1000)
			wrong++;
		rounds++;
	}
	return nullptr;
}

void handle(int argc, char **argv)
{
	static const struct {
		const char *word;
		bool (*fn)();
	} children[] = {
		{ "old", is_old }, { "new", is_new }, { "caller", by_caller },
		{ "callee", by_callee }, { "through", through },
	};
	void *said;
	char c;

	for (const auto &child : children) {
		if (!strcmp(argv[0], child.word)) {
			in_child(child.fn);
			return;
		}
	}
	if (!strcmp(argv[0], "enter")) {
		if (pthread_create(&holder, nullptr, inside, nullptr) || read(back[0], &c, 1) != 1)
			_exit(3);
		proto_say("ok");
	} else if (!strcmp(argv[0], "leave")) {
		if (write(go[1], "l", 1) != 1 || pthread_join(holder, &said))
			_exit(3);
		proto_say("%s", static_cast<char *>(said));
	} else if (!strcmp(argv[0], "spin") && argc == 2) {
		pthread_t t;

		for (int i = 0; i < atoi(argv[1]); i++)
			if (pthread_create(&t, nullptr, spin, nullptr))
				_exit(3);
		proto_say("ok");
	} else if (!strcmp(argv[0], "wrong")) {
		proto_say("wrong %lu rounds %lu", wrong.exchange(0), rounds.exchange(0));
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

} /* namespace */

int main()
{
	proto_unused();
	if (pipe(go) || pipe(back))
		return 1;
	return proto_serve(handle);
}
