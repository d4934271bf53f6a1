/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One check a function: is it old, is it new? A table, so that every program
 * that uses libfuncs.so asks the same questions.
 */
#ifndef _SUTURE_TEST_CHECKS_H
#define _SUTURE_TEST_CHECKS_H

struct check {
	const char *name;	/* of the patch */
	/* 0: as it has to be, with @patched telling which; else @why says what was seen */
	int (*run)(int patched, char *why, int size);
};

extern const struct check checks[];	/* ends with a NULL name */

/* checks_run - run the check called @name; -1 and @why when there is none */
int checks_run(const char *name, int patched, char *why, int size);

#endif /* _SUTURE_TEST_CHECKS_H */
