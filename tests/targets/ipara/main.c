// SPDX-License-Identifier: GPL-2.0
/*
 * A process of libipara.so.
 *   old|new        ok | bad WHY
 *   naive          replace both static functions with a plain jump to functions
 *                  that clobber what the ABI lets them: whether the callers break
 *                  (they must, or the test proves nothing): "broken ints doubles"
 */
#include <stdint.h>
#include <sys/mman.h>
#include "../common/proto.h"
#include "clobber.h"
#include "ipara.h"

static long want_int(int add)
{
	long v[5] = { 10, 20, 30, 40, 50 }, w[5] = { 1, 3, 5, 7, 11 }, s = 0;

	for (int i = 0; i < 5; i++)
		s += (v[i] + add) * w[i] + (i + 1) * v[i];
	return s;
}

static int ints_ok(int add, long *got)
{
	*got = ipara_ints(10, 20, 30, 40, 50);
	return *got == want_int(add);
}

static int doubles_ok(int add, double *got)
{
	*got = ipara_doubles(10, 20, 30, 40, 50);
	return *got == (double)want_int(add);
}

__attribute__((noinline, noclone)) static long clobber_int(long x)
{
	CLOBBER_INTS();
	return x + 1;
}

__attribute__((noinline, noclone)) static double clobber_double(double x)
{
	CLOBBER_DOUBLES();
	return x + 1;
}

/* A jump that destroys no register which a call keeps: jmp *0(%rip), or
 * ldr x17, 8; br x17. Where it goes is behind it. */
#ifdef __x86_64__
static const uint8_t jump_code[] = { 0xff, 0x25, 0, 0, 0, 0 };
#else
static const uint32_t jump_code[] = { 0x58000051, 0xd61f0220 };
#endif

static int jump(void *from, void *to)
{
	uint8_t code[sizeof(jump_code) + 8];
	void *page = (void *)((uintptr_t)from & ~4095UL);

	memcpy(code, jump_code, sizeof(jump_code));
	memcpy(code + sizeof(jump_code), &to, 8);
	if (mprotect(page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC))
		return -errno;
	memcpy(from, code, sizeof(code));
	__builtin___clear_cache(from, (char *)from + sizeof(code));
	return mprotect(page, 8192, PROT_READ | PROT_EXEC) ? -errno : 0;
}

static void handle(int argc, char **argv)
{
	int add = !strcmp(argv[0], "new") ? 1001 : 1;
	long i;
	double d;

	(void)argc;
	if (!strcmp(argv[0], "naive")) {
		if (jump(ipara_leaf_at, clobber_int) || jump(ipara_leafd_at, clobber_double))
			proto_say("bad mprotect");
		else
			proto_say("broken%s%s", ints_ok(1, &i) ? "" : " ints",
				  doubles_ok(1, &d) ? "" : " doubles");
	} else if (!strcmp(argv[0], "old") || add != 1) {
		if (!ints_ok(add, &i))
			proto_say("bad ints: %ld, not %ld", i, want_int(add));
		else if (!doubles_ok(add, &d))
			proto_say("bad doubles: %f, not %ld", d, want_int(add));
		else
			proto_say("ok");
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

int main(void)
{
	proto_unused();
	return proto_serve(handle);
}
