// SPDX-License-Identifier: GPL-2.0
/*
 * A program without a dynamic linker: libc is part of it, and it is its own target.
 *   old|new   ok | bad N
 */
#include "../common/proto.h"

static volatile int one = 1;
int static_calls;

__attribute__((noinline, noclone)) static int static_answer(int x)
{
	static_calls += one;
	return x + one;
}

static void handle(int argc, char **argv)
{
	int patched = !strcmp(argv[0], "new"), calls = static_calls, got = static_answer(4);

	(void)argc;
	if (got == (patched ? 1005 : 5) && static_calls == calls + (patched ? 10 : 1))
		proto_say("ok");
	else
		proto_say("bad %d", got);
}

int main(void)
{
	proto_unused();
	return proto_serve(handle);
}
