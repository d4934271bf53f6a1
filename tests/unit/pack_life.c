// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks, states and what a patch replaces. Hooks are run in this process by the
 * registers of struct suture_hook, as the kernel module does it: a signal stands
 * for the interrupted thread, the fault at the door for the end.
 */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "pack_work.h"

TestSuite(pack_life, .init = work_begin, .fini = work_end, .timeout = 120);

static const char lib_text[] =
	"static volatile int one = 1;\nint seen;\n"
	"__attribute__((noinline, noclone)) int broken(int x) { return x + one; }\n";

#define REPLACES_BROKEN	"static int fixed(int x) { return x + 100; }\nSUTURE_REPLACE(broken, fixed);\n"

/* ------------------------------------------------------------ running a hook */

static struct {
	const struct inside *in;
	uint8_t *area;			/* SUTURE_HOOK_AREA bytes, the stack below */
	size_t stack;
	uint64_t hook, flags;
	bool leave;			/* at the signal while the hook runs: leave it */
	greg_t saved[NGREG];
	volatile int result;
	volatile bool running, ended;
} hook;

static uint8_t *const door = (uint8_t *)0x7000000000;

static void go(ucontext_t *uc, uint64_t at)
{
	greg_t *r = uc->uc_mcontext.gregs;

	r[REG_RIP] = (greg_t)(hook.in->base + at);
	r[REG_RDI] = (greg_t)(hook.in->base + hook.hook);
	r[REG_RSI] = -ETIMEDOUT;
	r[REG_RBX] = (greg_t)door;
	r[REG_R12] = (greg_t)hook.area;
	r[REG_R13] = hook.flags;
	r[REG_RSP] = (greg_t)hook.area;
	r[REG_RAX] = r[REG_RCX] = r[REG_RDX] = r[REG_RBP] = 0x5555;
	r[REG_R8] = r[REG_R9] = r[REG_R10] = r[REG_R11] = r[REG_R14] = r[REG_R15] = 0x5555;
}

static void on_enter(int sig, siginfo_t *info, void *ctx)
{
	ucontext_t *uc = ctx;

	(void)sig;
	(void)info;
	if (hook.running) {
		go(uc, hook.in->spm->note.head->hook_leave);
		return;
	}
	memcpy(hook.saved, uc->uc_mcontext.gregs, sizeof(hook.saved));
	hook.running = true;
	go(uc, hook.in->spm->note.head->hook_enter);
}

static void on_door(int sig, siginfo_t *info, void *ctx)
{
	ucontext_t *uc = ctx;

	(void)sig;
	if (info->si_addr != door || !hook.running)
		_exit(99);
	hook.result = uc->uc_mcontext.gregs[REG_RAX];
	hook.ended = true;
	hook.running = false;
	/* general registers by us, the vector state by hook_enter's own end */
	memcpy(uc->uc_mcontext.gregs, hook.saved, sizeof(hook.saved));
}

static void hook_prepare(const struct inside *in, unsigned int index, uint64_t flags)
{
	struct sigaction enter = { .sa_sigaction = on_enter, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	struct sigaction fault = { .sa_sigaction = on_door, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t alt = { .ss_sp = malloc(1 << 18), .ss_size = 1 << 18 };
	const struct suture_note *head = in->spm->note.head;
	uint8_t *stack = mmap(NULL, head->hook_stack + SUTURE_HOOK_AREA, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(stack, MAP_FAILED);
	memset(&hook, 0, sizeof(hook));
	hook.in = in;
	hook.area = stack + head->hook_stack;
	hook.hook = in->spm->note.hooks[index].addr;
	hook.flags = flags;
	cr_assert_eq(sigaltstack(&alt, NULL), 0);
	cr_assert_eq(sigaction(SIGUSR1, &enter, NULL), 0);
	cr_assert_eq(sigaction(SIGSEGV, &fault, NULL), 0);
}

/* What a thread can have in its vector unit, and has after the hook as before. */
struct vectors {
	uint8_t ymm[16][32] __attribute__((aligned(32)));
	uint32_t mxcsr;
	uint16_t cw;
	double st0;
	uint64_t red;		/* of the red zone */
};

/* Loads them, is interrupted by SIGUSR1, stores them. */
static void interrupted(const struct vectors *before, struct vectors *after, bool zero)
{
	long ret = SYS_tgkill, pid = getpid(), tid = syscall(SYS_gettid);

	if (zero)
		__asm__ volatile("vzeroall");
	else
#define LOAD(n) "vmovdqa " #n "*32(%[in]), %%ymm" #n "\n\t"
		__asm__ volatile(LOAD(0) LOAD(1) LOAD(2) LOAD(3) LOAD(4) LOAD(5) LOAD(6) LOAD(7)
				 LOAD(8) LOAD(9) LOAD(10) LOAD(11) LOAD(12) LOAD(13) LOAD(14)
				 LOAD(15) :: [in] "r"(before->ymm) : "memory");
	__asm__ volatile("ldmxcsr %[mxcsr]\n\tfldcw %[cw]\n\tfldl %[st0]\n\t"
			 "movq %[red], -120(%%rsp)\n\t"
			 "syscall\n\t"
			 "movq -120(%%rsp), %[red]\n\t"
			 "fstpl %[st0]\n\tfnstcw %[cw]\n\tstmxcsr %[mxcsr]\n\t"
			 : "+a"(ret), [mxcsr] "+m"(after->mxcsr), [cw] "+m"(after->cw),
			   [st0] "+m"(after->st0), [red] "+r"(after->red)
			 : "D"(pid), "S"(tid), "d"(SIGUSR1)
			 : "rcx", "r11", "memory", "cc");
#define STORE(n) "vmovdqa %%ymm" #n ", " #n "*32(%[out])\n\t"
	__asm__ volatile(STORE(0) STORE(1) STORE(2) STORE(3) STORE(4) STORE(5) STORE(6) STORE(7)
			 STORE(8) STORE(9) STORE(10) STORE(11) STORE(12) STORE(13) STORE(14)
			 STORE(15) :: [out] "r"(after->ymm) : "memory");
	__asm__ volatile("ldmxcsr %0\n\tfninit" :: "m"((uint32_t){ 0x1f80 }));
	cr_assert_eq(ret, 0, "rax of the interrupted thread");
}

/* A hook that leaves nothing of the vector state as it was, and looks at it first. */
#define DIRTY_HOOK \
	"static unsigned int mxcsr; static unsigned short cw; static int calls, misaligned;\n" \
	"static int dirty(void) {\n" \
	"	char here[16] __attribute__((aligned(16)));\n" \
	"	asm volatile(\"stmxcsr %0; fnstcw %1\" : \"=m\" (mxcsr), \"=m\" (cw));\n" \
	"	misaligned = (int)((unsigned long)here % 16);\n" \
	"	asm volatile(\"movaps %%xmm0, %0\" : \"=m\" (here));\n" \
	"	if (mxcsr != 0x1f80 || cw != 0x37f || misaligned) return 77;\n" \
	"	asm volatile(\"vpcmpeqd %xmm0,%xmm0,%xmm0; vinsertf128 $1,%xmm0,%ymm0,%ymm0;\"\n" \
	"		\"vmovaps %ymm0,%ymm1; vmovaps %ymm0,%ymm7; vmovaps %ymm0,%ymm15;\"\n" \
	"		\"fldz; fldz; std; cld\");\n" \
	"	mxcsr = 0x1fa0; asm volatile(\"ldmxcsr %0\" :: \"m\" (mxcsr));\n" \
	"	return ++calls; }\n"

static void check_vectors(uint64_t flags, bool zero)
{
	struct vectors before = { .mxcsr = 0x7f80, .cw = 0x077f, .st0 = 1.25, .red = 0xabcdef };
	struct vectors after;
	struct inside in;

	if (!__builtin_cpu_supports("avx"))
		cr_skip_test("no AVX here");
	work_target("lib.so", lib_text, "");
	work_object(DIRTY_HOOK REPLACES_BROKEN "SUTURE_PRE_PATCH(dirty);\n", "");
	work_packs("lib.so", NULL);
	work_dlopen("lib.so", RTLD_NOW);
	inside_apply(&in);
	hook_prepare(&in, 0, flags);
	for (size_t i = 0; i < sizeof(before.ymm); i++)
		before.ymm[i / 32][i % 32] = zero ? 0 : i + 1;
	for (int i = 1; i <= 3; i++) {
		after = before;
		hook.ended = false;
		interrupted(&before, &after, zero);
		cr_expect(hook.ended);
		cr_expect_eq(hook.result, i);
		cr_expect_eq(after.mxcsr, before.mxcsr);
		cr_expect_eq(after.cw, before.cw);
		cr_expect_eq(after.st0, before.st0);
		cr_expect_eq(after.red, before.red, "red zone");
		for (int n = 0; n < 16; n++)
			/* fxsave knows the lower halves only; nobody uses more then */
			cr_expect_arr_eq(after.ymm[n], before.ymm[n],
					 flags & SUTURE_HOOK_XSAVE ? 32 : 16, "ymm%d", n);
	}
}

Test(pack_life, vectors_by_xsave)
{
	check_vectors(SUTURE_HOOK_XSAVE, false);
}

/* what is in its initial state is not written by xsave, and must be again */
Test(pack_life, vectors_in_initial_state)
{
	check_vectors(SUTURE_HOOK_XSAVE, true);
}

Test(pack_life, vectors_by_fxsave)
{
	check_vectors(0, false);
}

/* A hook that does not return is left from outside. */
Test(pack_life, left_in_the_middle)
{
	struct vectors before = { .mxcsr = 0x7f80, .cw = 0x077f, .st0 = 1.25 }, after;
	struct inside in;

	if (!__builtin_cpu_supports("avx"))
		cr_skip_test("no AVX here");
	work_target("lib.so", lib_text, "");
	work_object("static int endless(void) {\n"
		    "	asm volatile(\"vpcmpeqd %%xmm0,%%xmm0,%%xmm0; vinsertf128 $1,%%xmm0,%%ymm0,%%ymm0;\"\n"
		    "		\"vmovaps %%ymm0,%%ymm9; push %%rax; mov $186,%%eax; syscall; mov %%eax,%%edi;\"\n"
		    "		\"mov $10,%%esi; mov $200,%%eax; syscall; 1: pause; jmp 1b\" ::: \"memory\");\n"
		    "	return 0; }\n" REPLACES_BROKEN "SUTURE_PRE_PATCH(endless);\n", "");
	work_packs("lib.so", NULL);
	work_dlopen("lib.so", RTLD_NOW);
	inside_apply(&in);
	hook_prepare(&in, 0, SUTURE_HOOK_XSAVE);
	for (size_t i = 0; i < sizeof(before.ymm); i++)
		before.ymm[i / 32][i % 32] = i + 1;
	after = before;
	/* the hook sends itself the signal (tkill), which comes while it runs */
	interrupted(&before, &after, false);
	cr_expect(hook.ended);
	cr_expect_eq(hook.result, -ETIMEDOUT);
	cr_expect_eq(after.mxcsr, before.mxcsr);
	cr_expect_arr_eq(after.ymm, before.ymm, sizeof(before.ymm));
}

/* ------------------------------------------------------------------ the note */

Test(pack_life, hooks_in_the_note)
{
	struct inside in;
	const struct spm_note *note;

	work_target("lib.so", lib_text, "");
	work_object("static int order[4]; static int nr;\n"
		    "static int first(void) { order[nr++] = 1; return 0; }\n"
		    "static int second(void) { order[nr++] = 2; return 0; }\n"
		    "static void third(void) { order[nr++] = 3; }\n"
		    "static int fourth(void) { return order[nr++] = 4; }\n"
		    REPLACES_BROKEN
		    "SUTURE_PRE_PATCH(first); SUTURE_PRE_PATCH(second); SUTURE_POST_PATCH(third);\n"
		    "SUTURE_PRE_UNPATCH(fourth);\nSUTURE_POST_UNPATCH(third);\nSUTURE_POST_UNPATCH(second);\n"
		    "SUTURE_HOOK_LIMIT(250); SUTURE_HOOK_STACK(100000);\n", "");
	work_packs("lib.so", NULL);
	work_dlopen("lib.so", RTLD_NOW);
	inside_apply(&in);
	note = &in.spm->note;
	cr_assert_eq(note->nr_hooks, 6);
	cr_expect_eq(note->hooks[0].kind, SUTURE_HOOK_PRE_PATCH);
	cr_expect_eq(note->hooks[1].kind, SUTURE_HOOK_PRE_PATCH);
	cr_expect_eq(note->hooks[2].kind, SUTURE_HOOK_POST_PATCH);
	cr_expect_eq(note->hooks[3].kind, SUTURE_HOOK_PRE_UNPATCH);
	cr_expect_eq(note->hooks[4].kind, SUTURE_HOOK_POST_UNPATCH);
	cr_expect_eq(note->hooks[5].kind, SUTURE_HOOK_POST_UNPATCH);
	cr_expect_eq(note->hooks[1].addr, note->hooks[5].addr);
	cr_expect_eq(note->hooks[2].addr, note->hooks[4].addr);
	cr_expect_neq(note->hooks[0].addr, note->hooks[1].addr);
	cr_expect_eq(note->head->hook_limit_ms, 250);
	cr_expect_eq(note->head->hook_stack, 102400, "whole pages");
	cr_expect_eq(((int (*)(void))(in.base + note->hooks[3].addr))(), 4);
}

Test(pack_life, no_hooks_no_entry)
{
	struct inside in;

	work_target("lib.so", lib_text, "");
	work_object(REPLACES_BROKEN, "");
	work_packs("lib.so", NULL);
	work_run("! nm patch.spm | grep -q suture.hook");
	work_dlopen("lib.so", RTLD_NOW);
	inside_apply(&in);
	cr_expect_eq(in.spm->note.head->hook_enter, 0);
	cr_expect_eq(in.spm->note.head->hook_stack, 0);
}

Test(pack_life, default_stack_and_limit)
{
	struct inside in;

	work_target("lib.so", lib_text, "");
	work_object("static int hook(void) { return 0; }\n" REPLACES_BROKEN
		    "SUTURE_PRE_UNPATCH(hook);\n", "");
	work_packs("lib.so", NULL);
	work_dlopen("lib.so", RTLD_NOW);
	inside_apply(&in);
	cr_expect_eq(in.spm->note.head->hook_stack, 65536);
	cr_expect_eq(in.spm->note.head->hook_limit_ms, 0);
}

Test(pack_life, states)
{
	static int earlier[2] = { 41, 42 };
	struct suture_state_slot *slot;
	const struct spm_note *note;
	struct inside in;
	int (*hook_fn)(void);

	work_target("lib.so", lib_text, "");
	work_object("#define STATE_OF_LIST 0x70000007u\nenum { OTHER = 9 };\n"
		    "static int list[2] = { 1, 2 }, other;\n"
		    "static int hook(void) {\n"
		    "	int *p = SUTURE_STATE_PREVIOUS(STATE_OF_LIST);\n"
		    "	if (SUTURE_STATE_PREVIOUS(OTHER)) return -1;\n"
		    "	return p ? p[1] * 10 + (int)SUTURE_STATE_PREVIOUS_VERSION(STATE_OF_LIST) : list[1] + other; }\n"
		    REPLACES_BROKEN "SUTURE_STATE(STATE_OF_LIST, 3, list);\n"
		    "SUTURE_STATE(OTHER, 1, other);\nSUTURE_PRE_PATCH(hook);\n", "");
	work_packs("lib.so", NULL);
	work_dlopen("lib.so", RTLD_NOW);
	inside_apply(&in);
	note = &in.spm->note;
	cr_assert_eq(note->nr_states, 2);
	cr_expect_eq(note->states[0].id, 0x70000007);
	cr_expect_eq(note->states[0].version, 3);
	cr_expect_eq(note->states[1].id, 9);
	slot = (struct suture_state_slot *)(in.base + note->states[0].slot);
	cr_expect_eq(slot->id, 0x70000007);
	cr_expect_eq(slot->previous, 0);
	cr_expect_eq(((int *)slot->data)[1], 2, "the patch's own data");
	hook_fn = (int (*)(void))(in.base + note->hooks[0].addr);
	cr_expect_eq(hook_fn(), 2);
	slot->previous = (uintptr_t)earlier;
	slot->previous_version = 2;
	cr_expect_eq(hook_fn(), 422);
}

Test(pack_life, replaces)
{
	const struct spm_note *note;
	struct inside in;

	work_target("lib.so", lib_text, "");
	work_object(REPLACES_BROKEN "SUTURE_REPLACES(\"first-one\");\nSUTURE_REPLACES(\"second\");\n", "");
	work_packs("lib.so", NULL);
	work_dlopen("lib.so", RTLD_NOW);
	inside_apply(&in);
	note = &in.spm->note;
	cr_expect_eq(note->head->flags, 0);
	cr_assert_eq(note->nr_replaces, 2);
	cr_expect_str_eq(spm_string(note, note->replaces[0]), "first-one");
	cr_expect_str_eq(spm_string(note, note->replaces[1]), "second");
	inside_revert(&in);
	work_object(REPLACES_BROKEN "SUTURE_REPLACES_ALL;\n", "");
	work_packs("lib.so", NULL);
	inside_apply(&in);
	cr_expect_eq(in.spm->note.head->flags, SUTURE_NOTE_REPLACE);
	cr_expect_eq(in.spm->note.nr_replaces, 0);
}

/* One fault each, and the line that it is in. */
Test(pack_life, refused)
{
	static const struct {
		const char *text, *words[3];
	} bad[] = {
		{ "SUTURE_HOOK_LIMIT(5);\n", { "patch.c:3", "the patch has none" } },
		{ "SUTURE_HOOK_STACK(65536);\n", { "patch.c:3", "the patch has none" } },
		{ "static int h(void) { return 0; } SUTURE_PRE_PATCH(h); SUTURE_HOOK_LIMIT(0);\n",
		  { "patch.c:3", "SUTURE_HOOK_LIMIT", "60000" } },
		{ "static int h(void) { return 0; } SUTURE_PRE_PATCH(h); SUTURE_HOOK_LIMIT(60001);\n",
		  { "patch.c:3", "SUTURE_HOOK_LIMIT", "60000" } },
		{ "static int h(void) { return 0; } SUTURE_PRE_PATCH(h); SUTURE_HOOK_STACK(32767);\n",
		  { "patch.c:3", "SUTURE_HOOK_STACK", "32768" } },
		{ "static int h(void) { return 0; } SUTURE_PRE_PATCH(h);\n"
		  "SUTURE_HOOK_STACK(65536); SUTURE_HOOK_STACK(65536);\n",
		  { "patch.c:4", "said already" } },
		{ "extern int broken(int); SUTURE_POST_PATCH(broken);\n",
		  { "patch.c:3", "not a function of the patch" } },
		{ "static int a, b; SUTURE_STATE(1, 1, a);\nSUTURE_STATE(0x1, 2, b);\n",
		  { "patch.c:4", "id 1 already", "patch.c:3" } },
		{ "int get(void); int get(void) { return SUTURE_STATE_PREVIOUS(5) != 0; }\n",
		  { "patch.c:3", "SUTURE_STATE_PREVIOUS(5)", "SUTURE_STATE(5" } },
		{ "SUTURE_REPLACES(\"a/b\");\n", { "patch.c:3", "`a/b' cannot be a patch's name" } },
		{ "SUTURE_REPLACES(\"test\");\n", { "patch.c:3", "this patch itself" } },
		{ "SUTURE_REPLACES(\"x\");\nSUTURE_REPLACES(\"x\");\n", { "patch.c:4", "twice" } },
		{ "SUTURE_REPLACES(\"x\");\nSUTURE_REPLACES_ALL;\n",
		  { "patch.c:3", "SUTURE_REPLACES_ALL" } },
		{ "SUTURE_ANY_TARGET;\nSUTURE_ANY_TARGET;\n", { "patch.c:4", "said already" } },
	};

	work_target("lib.so", lib_text, "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct suture_error err = { 0 };
		char text[1024];

		snprintf(text, sizeof(text), REPLACES_BROKEN "%s", bad[i].text);
		work_object(text, "");
		cr_expect_lt(work_pack("lib.so", NULL, &err), 0, "packed: %s", bad[i].text);
		for (int w = 0; w < 3 && bad[i].words[w]; w++)
			cr_expect(strstr(err.text, bad[i].words[w]), "%s: no `%s' in: %s",
				  bad[i].text, bad[i].words[w], err.text);
	}
}

/* Types are seen to by the compiler. */
Test(pack_life, type_of_a_hook)
{
	work_write("bad.c", "#include <suture/patch.h>\nstatic void h(void) { }\nSUTURE_PRE_PATCH(h);\n");
	work_run("! cc %s -c -o bad.o bad.c 2>/dev/null", work_patch_flags());
	work_run("sed -i s/PRE_PATCH/POST_PATCH/ bad.c && cc %s -Werror -c -o bad.o bad.c",
		 work_patch_flags());
	work_run("cp bad.c bad.cc && c++ %s -Werror -c -o bad.o bad.cc", work_patch_flags());
	work_run("sed -i s/POST_PATCH/PRE_PATCH/ bad.cc && ! c++ %s -c -o bad.o bad.cc 2>/dev/null",
		 work_patch_flags());
}

/* The other machine's entries assemble and link, in the right place. */
Test(pack_life, arm64)
{
	struct suture_error err = { 0 };

	if (system("command -v aarch64-linux-gnu-gcc >/dev/null"))
		cr_skip_test("no aarch64-linux-gnu-gcc");
	work_write("lib.c", lib_text);
	work_run("aarch64-linux-gnu-gcc -O2 -g -shared -fPIC -Wl,--build-id -o lib.so lib.c");
	work_write("patch.c", "#include <suture/patch.h>\nSUTURE_PATCH(\"1\", \"x\");\n"
		   "static int hook(void) { return SUTURE_STATE_PREVIOUS(1) != 0; }\n"
		   "static int own;\nSUTURE_STATE(1, 1, own);\nSUTURE_PRE_PATCH(hook);\n"
		   REPLACES_BROKEN);
	work_run("aarch64-linux-gnu-gcc -O2 -g -fPIC -fvisibility=hidden -I" SUTURE_TOP
		 "/patches/include -c -o patch.o patch.c");
	cr_assert_eq(work_pack("lib.so", NULL, &err), 0, "%s", err.text);
	work_run("aarch64-linux-gnu-objdump -d --disassemble=suture.hook_leave patch.spm |"
		 " tail -4 | tr -s '\\t ' ' ' | grep -A1 'ldr x9, \\[x19\\]' | grep -q 'udf #0'");
}
