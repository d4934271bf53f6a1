// SPDX-License-Identifier: GPL-2.0
/* Hooks that do what struct hooked_state of the process says, and spoil all registers. */
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <suture/patch.h>
#include "../../hooked.h"
#include "../../dirty.h"

SUTURE_PATCH("1.0", "test: hooked() adds 100, with hooks");
SUTURE_LICENSE("GPL-2.0");

SUTURE_IMPORT(struct hooked_state, hooked_state);

#ifdef __x86_64__

static long call6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall" : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define RELAX()	__asm__ volatile("pause")
#define CRASH()	__asm__ volatile("movl $1, 8")

#else

static long call6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
	register long x8 __asm__("x8") = nr;

	__asm__ volatile("svc 0" : "+r"(x0)
			 : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x8) : "memory");
	return x0;
}

#define RELAX()	__asm__ volatile("yield")
#define CRASH()	__asm__ volatile("mov x0, 8\n\tstr x0, [x0]" ::: "x0")

#endif

static long call(long nr, long a, long b, long c, long d)
{
	return call6(nr, a, b, c, d, 0, 0);
}

static void map(long fd, bool stay)
{
	long at = call6(SYS_mmap, 0, 1 << 16, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	if (!stay)
		call(SYS_munmap, at, 1 << 16, 0, 0);
}

static int new_hooked(int x)
{
	return x + 100;
}
SUTURE_REPLACE(hooked, new_hooked);

static int obey(int kind)
{
	struct hooked_state *s = SUTURE_IMPORTED(hooked_state);
	int nr = s->nr & 63;
	struct timespec ts = { 0 };
	unsigned long beats;
	char c;

	s->calls[kind]++;
	s->sequence[nr] = kind;
	s->answers[nr] = hooked(1);
	s->nr++;
	s->tid = call(SYS_gettid, 0, 0, 0, 0);
	s->stack = (unsigned long)&c;
	dirty_registers();
	switch (s->deed[kind]) {
	case HOOKED_YES:
		break;
	case HOOKED_NO:
		return s->value[kind];
	case HOOKED_LOOP:
		for (;;)
			RELAX();
	case HOOKED_SLEEP: {
		struct timespec ts = { .tv_sec = s->value[kind] };

		call(SYS_nanosleep, (long)&ts, 0, 0, 0);
		break;
	}
	case HOOKED_SPIN:
		while (s->deed[kind] == HOOKED_SPIN)
			RELAX();
		break;
	case HOOKED_CRASH:
		CRASH();
		break;
	case HOOKED_EXIT:
		call(SYS_exit_group, s->value[kind], 0, 0, 0);
		break;
	case HOOKED_THREAD_EXIT:
		call(SYS_exit, 0, 0, 0, 0);
		break;
	case HOOKED_DOOR:
		/* wherever the door is: the kernel's page that is mapped highest in the patch's
		 * span, behind the stack; the kernel must find nothing to read there */
		for (unsigned long at = ((unsigned long)&c & ~0xfffUL);
		     at < ((unsigned long)&c & ~0xfffUL) + 0x10000; at += 0x1000)
			s->value[kind] += call(SYS_write, 2, at, 1, 0) == -14;
		break;
	case HOOKED_THREAD:
		s->deed[kind] = HOOKED_YES;
		s->start_thread();
		break;
	case HOOKED_WATCH:
		beats = s->beats;
		ts.tv_nsec = s->value[kind] * 1000000L;
		s->deed[kind] = HOOKED_YES;
		call(SYS_nanosleep, (long)&ts, 0, 0, 0);
		s->value[kind] = s->beats != beats;
		break;
	case HOOKED_MAP:
	case HOOKED_MAP_SHORTLY:
		map(s->value[kind], s->deed[kind] == HOOKED_MAP);
		break;
	case HOOKED_STOP:
		call(SYS_tgkill, call(SYS_getpid, 0, 0, 0, 0), s->tid, SIGSTOP, 0);
		break;
	}
	return 0;
}

/* Not beside the code: a thread that starts here would have addresses of it in its registers,
 * and seem to be inside. */
static char no[] = "hooked-no", no_and_thread[] = "hooked-nothread", again[] = "hooked-again";

/* The hook may come before a constructor of the program could have told it what to do. */
static bool is_called(const char *what)
{
	char name[16] = "";
	unsigned int i;

	call(SYS_prctl, PR_GET_NAME, (long)name, 0, 0);
	for (i = 0; what[i] && name[i] == what[i]; i++)
		;
	return name[i] == what[i];
}

static int pre_patch(void)
{
	int ret = obey(1);

	while (is_called(again))
		RELAX();
	if (is_called(no_and_thread))
		SUTURE_IMPORTED(hooked_state)->start_thread();
	return ret ?: is_called(no) || is_called(no_and_thread) ? 5 : 0;
}
SUTURE_PRE_PATCH(pre_patch);

static int post_patch(void)
{
	return obey(2);
}
SUTURE_POST_PATCH(post_patch);

static int pre_unpatch(void)
{
	return obey(3);
}
SUTURE_PRE_UNPATCH(pre_unpatch);

static int post_unpatch(void)
{
	return obey(4);
}
SUTURE_POST_UNPATCH(post_unpatch);
