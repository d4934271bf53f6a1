// SPDX-License-Identifier: GPL-2.0
/*
 *   value          what the functions return
 *   seen           how often new functions were called, each
 *   storm N        value N times, on two threads, each time the same; "same"
 *   mix            two threads call all the time: each function returns what the old or the
 *                  new one does
 *   mixed          they end: how often it was another than before, "wrong" if neither
 *   enter visit|gate    a thread goes in and sleeps there
 *   leave          it comes out: what the function returned
 */
#define _GNU_SOURCE
#include <pthread.h>
#include "../common/proto.h"
#include "original.h"

static int in[2], out[2];
static pthread_t thread, mixers[2];
static volatile int mixing;
static int result;

static int stay(void *arg)
{
	char c = 'i';

	(void)arg;
	if (write(in[1], &c, 1) != 1)
		_exit(3);
	while (read(out[0], &c, 1) != 1)
		if (errno != EINTR)
			_exit(3);
	return 20;
}

static void *enter_visit(void *arg)
{
	result = visit(stay, arg);
	return NULL;
}

static void *enter_gate(void *arg)
{
	(void)arg;
	result = by_gate(stay);
	return NULL;
}

static int plain(void *arg)
{
	return arg ? 3 : 4;
}

static void value(char *text, size_t size)
{
	snprintf(text, size, "word %d compare %d %d call %d pad %d gate %d fib %d visit %d varargs %d",
		 by_word(5), by_compare(5), by_compare(6), by_call(5), by_pad(5), by_gate(plain),
		 fib(10), visit(plain, &result), varargs("%d %d %.0f", 1, 2, 3.0));
}

static void *storm(void *arg)
{
	char first[300], again[300];

	value(first, sizeof(first));
	for (long n = (long)arg; n > 0; n--) {
		value(again, sizeof(again));
		if (strcmp(first, again))
			return "differs";
	}
	return NULL;
}

/* what the old and the new functions return */
static const int right[][2] = {
	{ 1005, 11005 }, { 10, 10010 }, { -94, 9906 }, { 16, 19 }, { 1012, 2019 }, { 8, 10008 },
	{ 55, 55 }, { 4, 10004 }, { 495051, 505152 },
};

static void *mixed(void *arg)
{
	long changes = 0;
	int before[9] = { 0 };

	(void)arg;
	while (mixing) {
		int got[9] = {
			by_word(5), by_compare(5), by_compare(6), by_call(5), by_pad(5),
			by_gate(plain), fib(10), visit(plain, &result),
			varargs("%d %d %.0f", 1, 2, 3.0),
		};

		for (int i = 0; i < 9; i++) {
			if (got[i] != right[i][0] && got[i] != right[i][1])
				return (void *)-1L;
			changes += before[i] && before[i] != got[i];
			before[i] = got[i];
		}
	}
	return (void *)changes;
}

static void handle(int words, char **word)
{
	char text[300], c = 'o';

	if (!strcmp(word[0], "value")) {
		value(text, sizeof(text));
		proto_say("%s", text);
	} else if (!strcmp(word[0], "seen")) {
		proto_say("%d %d %d %d %d %d %d %d", seen_of(0), seen_of(1), seen_of(2), seen_of(3),
			  seen_of(4), seen_of(5), seen_of(6), seen_of(7));
	} else if (!strcmp(word[0], "storm") && words == 2) {
		void *a, *b;

		if (pthread_create(&thread, NULL, storm, (void *)atol(word[1])))
			_exit(3);
		a = storm((void *)atol(word[1]));
		pthread_join(thread, &b);
		proto_say("%s", a || b ? "differs" : "same");
	} else if (!strcmp(word[0], "mix")) {
		mixing = 1;
		for (int i = 0; i < 2; i++)
			if (pthread_create(&mixers[i], NULL, mixed, NULL))
				_exit(3);
		proto_say("ok");
	} else if (!strcmp(word[0], "mixed")) {
		void *a, *b;

		mixing = 0;
		pthread_join(mixers[0], &a);
		pthread_join(mixers[1], &b);
		if ((long)a < 0 || (long)b < 0)
			proto_say("wrong");
		else
			proto_say("changes %ld", (long)a + (long)b);
	} else if (!strcmp(word[0], "enter") && words == 2) {
		if (pthread_create(&thread, NULL,
				   word[1][0] == 'v' ? enter_visit : enter_gate, NULL))
			_exit(3);
		while (read(in[0], &c, 1) != 1)
			;
		proto_say("inside");
	} else if (!strcmp(word[0], "leave")) {
		if (write(out[1], &c, 1) != 1)
			_exit(3);
		pthread_join(thread, NULL);
		proto_say("%d", result);
	} else {
		proto_say("what?");
	}
}

int main(void)
{
	if (pipe(in) || pipe(out))
		return 3;
	return proto_serve(handle);
}
