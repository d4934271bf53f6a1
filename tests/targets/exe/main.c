// SPDX-License-Identifier: GPL-2.0
/*
 * An executable whose own functions are replaced: built as PIE and not.
 *   old|new   ok | bad WHY
 */
#include "../common/proto.h"

static volatile int one = 1;
int exe_calls;

__attribute__((noinline, noclone)) static int exe_answer(int x)
{
	exe_calls += one;
	return x + one;
}

static void handle(int argc, char **argv)
{
	int patched = !strcmp(argv[0], "new"), calls = exe_calls, got;

	(void)argc;
	if (!patched && strcmp(argv[0], "old")) {
		proto_say("bad word %s", argv[0]);
		return;
	}
	got = exe_answer(4);
	if (got != (patched ? 1005 : 5))
		proto_say("bad: %d", got);
	else if (exe_calls != calls + (patched ? 10 : 1))
		proto_say("bad: calls went from %d to %d", calls, exe_calls);
	else
		proto_say("ok");
}

int main(void)
{
	proto_unused();
	return proto_serve(handle);
}
