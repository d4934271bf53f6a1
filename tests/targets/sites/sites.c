// SPDX-License-Identifier: GPL-2.0
/*
 * A program that calls what has replaced calls.
 *   values         what each caller gives
 *   spin, seen     four threads that call one_caller() and tail_caller()
 *   enter, leave   into stay_caller()
 */
#define _GNU_SOURCE
#include "../common/crew.h"
#include "sites.h"

static int both(void)
{
	return one_caller(0) + tail_caller(1);
}

static void handle(int argc, char **argv)
{
	(void)argc;
	if (!strcmp(argv[0], "values"))
		proto_say("%d %d %d %d %d %ld %d", one_caller(1), other_caller(1), tail_caller(1),
			  inlined_one(1), inlined_two(1), plt_caller("10"), word_caller("10"));
	else if (!crew_word(argv[0]))
		proto_say("what?");
}

int main(void)
{
	static const struct crew crew = { .spinners = 4, .call = both, .stay = stay_caller };

	return crew_serve(&crew, handle);
}
