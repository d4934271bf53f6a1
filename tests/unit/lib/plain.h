/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Some of Criterion's words without Criterion, for programs with the thread sanitizer:
 * it and Criterion want the same addresses. To be included once, in the program's file.
 */
#ifndef PLAIN_H
#define PLAIN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct plain_suite {
	void (*init)(void);
};

static struct plain_test {
	const char *name;
	void (*body)(void);
	const struct plain_suite *suite;
} plain_tests[64];
static int plain_nr, plain_failed;

#define TestSuite(suite, ...)	static const struct plain_suite plain_##suite = { __VA_ARGS__ }
#define Test(suite, test)							\
	static void plain_##suite##_##test(void);				\
	__attribute__((constructor)) static void plain_add_##suite##_##test(void)	\
	{									\
		plain_tests[plain_nr++] = (struct plain_test){			\
			#suite "::" #test, plain_##suite##_##test, &plain_##suite };	\
	}									\
	static void plain_##suite##_##test(void)

#define plain_check(good, text, end)						\
	do {									\
		if (!(good)) {							\
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, text);	\
			plain_failed = 1;					\
			end;							\
		}								\
	} while (0)

#define cr_assert_eq(a, b, ...)		plain_check((a) == (b), #a " == " #b, _exit(1))
#define cr_expect_eq(a, b, ...)		plain_check((a) == (b), #a " == " #b, )
#define cr_expect_gt(a, b, ...)		plain_check((a) > (b), #a " > " #b, )

/* Each test in a process of its own; the sanitizer's findings are its exit status. */
int main(int argc, char **argv)
{
	FILE *tap = NULL;
	int failed = 0;

	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], "--tap=", 6))
			tap = fopen(argv[i] + 6, "w");
	if (!tap)
		tap = stdout;
	for (int i = 0; i < plain_nr; i++) {
		int status = -1;
		pid_t pid;

		fflush(tap);
		pid = fork();
		if (!pid) {
			if (plain_tests[i].suite->init)
				plain_tests[i].suite->init();
			plain_tests[i].body();
			exit(plain_failed);
		}
		if (pid > 0)
			waitpid(pid, &status, 0);
		failed += !!status;
		fprintf(tap, "%s - %s\n", status ? "not ok" : "ok", plain_tests[i].name);
	}
	fclose(tap);
	return !!failed;
}

#endif
