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

/* as new functions may: every register that a call may destroy is destroyed */
__attribute__((noinline, noclone)) static long clobber_int(long x)
{
	asm volatile("xor %%ecx,%%ecx; xor %%edx,%%edx; xor %%esi,%%esi; xor %%r8d,%%r8d;"
		     "xor %%r9d,%%r9d; xor %%r10d,%%r10d; xor %%r11d,%%r11d"
		     ::: "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "cc");
	return x + 1;
}

__attribute__((noinline, noclone)) static double clobber_double(double x)
{
	asm volatile("pxor %%xmm1,%%xmm1; pxor %%xmm2,%%xmm2; pxor %%xmm3,%%xmm3;"
		     "pxor %%xmm4,%%xmm4; pxor %%xmm5,%%xmm5; pxor %%xmm6,%%xmm6;"
		     "pxor %%xmm7,%%xmm7; pxor %%xmm8,%%xmm8"
		     ::: "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8");
	return x + 1;
}

/* mov $to,%r11; jmp *%r11 would clobber by itself: jmp *0(%rip) does not */
static int jump(void *from, void *to)
{
	uint8_t code[14] = { 0xff, 0x25, 0, 0, 0, 0 };
	void *page = (void *)((uintptr_t)from & ~4095UL);

	memcpy(code + 6, &to, 8);
	if (mprotect(page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC))
		return -errno;
	memcpy(from, code, sizeof(code));
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
