// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole libraries whose every function is entered through its original: the branch
 * at the entry leads to the displaced instructions, which go on behind it. Then the
 * library is put to work, and must say what it said before.
 */
#include <elfutils/libdw.h>
#include <regex.h>

#include "ipara.h"
#include "original_work.h"

#ifdef __x86_64__

#define NR(array) (sizeof(array) / sizeof((array)[0]))

struct totals {
	size_t functions, fit, relocated, loops, diverted;
};

/* Linkage tables have an unwind table, too. */
static bool in_plt(const struct fixture *f, uint64_t addr)
{
	static const char *const names[] = { ".plt", ".plt.got", ".plt.sec", ".init", ".fini" };
	GElf_Shdr sh;

	for (size_t i = 0; i < NR(names); i++)
		if (suture_elf_section(f->target->elf, names[i], &sh) &&
		    addr - sh.sh_addr < sh.sh_size)
			return true;
	return false;
}

/* A patch has a stub for callers that rely on a register; here is none. */
static bool harms_callers(struct originals *o, uint64_t addr)
{
	static const struct {
		const char *load;
		uint64_t reg;
	} used[] = {
		{ "(%rip), %r11\n", SUTURE_X86_GPR(11) }, { "(%rip), %r10\n", SUTURE_X86_GPR(10) },
		{ "(%rip), %rax\n", SUTURE_X86_GPR(0) },
	};
	struct suture_callers callers;
	struct suture_error err;

	cr_assert_eq(suture_ipara_callers(o->f->code, addr, &callers, &err), 0, "%s", err.text);
	for (size_t i = 0; i < NR(used); i++)
		if (callers.relied & used[i].reg && strstr(o->last, used[i].load))
			return true;
	return false;
}

struct diverted {
	uint64_t at;
	char name[32];
};

static void divert_all(struct fixture *f, void *lib, struct originals *o, struct totals *t)
{
	struct diverted *all = calloc(f->target->nr_fdes, sizeof(*all));
	uintptr_t base = originals_base(lib);
	size_t nr = 0;

	cr_assert_not_null(all);
	memset(t, 0, sizeof(*t));
	originals_begin(o, f);
	for (size_t i = 0; i < f->target->nr_fdes; i++) {
		uint64_t addr = f->target->fdes[i].addr;
		struct suture_entry entry;
		struct suture_error err;
		int r;

		if (in_plt(f, addr))
			continue;
		t->functions++;
		snprintf(all[nr].name, sizeof(all[nr].name), "f%" PRIx64, addr);
		r = originals_add(o, addr, f->target->fdes[i].size, all[nr].name, &entry, &err);
		if (r == -ENOENT)
			continue;
		t->fit++;
		if (r) {
			cr_expect_not_null(strstr(err.text, "loop back to its own entry"), "%s",
					   err.text);
			t->loops++;
			continue;
		}
		t->relocated++;
		if (!harms_callers(o, addr))
			all[nr++].at = addr + entry.branch_at;
	}
	originals_link(o, "cc");
	originals_map(o, base, 256 << 20);
	for (size_t i = 0; i < nr; i++) {
		uint8_t jump[5] = { 0xe9 };
		int64_t far = (int64_t)((uintptr_t)originals_at(o, all[i].name) -
					(base + all[i].at + sizeof(jump)));
		int32_t near = far;

		cr_assert_eq(near, far);
		memcpy(jump + 1, &near, 4);
		originals_poke(base + all[i].at, jump, sizeof(jump));
	}
	t->diverted = nr;
	free(all);
	fprintf(stderr, "# %s: %zu functions, %zu with room for a branch, %zu originals, %zu loops to the entry, %zu diverted\n",
		f->path, t->functions, t->fit, t->relocated, t->loops, t->diverted);
	cr_expect_gt(t->relocated, t->functions * 98 / 100);
	cr_expect_gt(t->diverted, t->functions * 95 / 100);
}

/* ------------------------------------------------------------- libcrypto */

static char said[65536];
static size_t nr_said;

static void say(const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		nr_said += snprintf(said + nr_said, sizeof(said) - nr_said, "%02x",
				    ((const uint8_t *)bytes)[i]);
	nr_said += snprintf(said + nr_said, sizeof(said) - nr_said, "\n");
	cr_assert_lt(nr_said, sizeof(said) - 1000);
}

/* A function of the library, with the type of the place where it is used. */
#define SYM(type, name) ((type)need(lib, name))

static void *need(void *lib, const char *name)
{
	void *at = dlsym(lib, name);

	cr_assert(at, "%s", dlerror());
	return at;
}

static void digests(void *lib)
{
	static const char *const names[] = { "MD5", "SHA1", "SHA256", "SHA512", "SHA3-256",
					     "BLAKE2b512", "SM3", "SHAKE128" };
	static uint8_t data[100000], out[64];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i * 7 + i / 256;
	for (size_t i = 0; i < NR(names); i++) {
		void *md = SYM(void *(*)(const char *), "EVP_get_digestbyname")(names[i]);
		unsigned int len = 0;

		cr_assert(md, "%s", names[i]);
		cr_assert_eq(SYM(int (*)(const void *, size_t, void *, unsigned int *, void *, void *),
				 "EVP_Digest")(data, sizeof(data) - i, out, &len, md, NULL), 1);
		say(out, len);
		cr_assert(SYM(void *(*)(void *, const void *, int, const void *, size_t, void *,
					unsigned int *), "HMAC")(md, "key", 3, data, 999, out, &len) ||
			  len == 16 || names[i][2] == 'A');
	}
	cr_assert_eq(SYM(int (*)(const char *, int, const void *, int, int, const void *, int, void *),
			 "PKCS5_PBKDF2_HMAC")("password", 8, "salt", 4, 1000,
			 SYM(void *(*)(void), "EVP_sha256")(), 32, out), 1);
	say(out, 32);
}

static void ciphers(void *lib)
{
	static const char *const names[] = { "AES-128-CBC", "AES-256-GCM", "AES-256-CTR", "AES-128-ECB",
					     "DES-EDE3-CBC", "ChaCha20", "CAMELLIA-256-CBC",
					     "ARIA-128-CBC", "SM4-CBC" };
	static uint8_t in[4096], out[5000], back[5000];
	int len, more, total;

	for (size_t i = 0; i < NR(names); i++) {
		void *ctx = SYM(void *(*)(void), "EVP_CIPHER_CTX_new")();
		void *c = SYM(void *(*)(const char *), "EVP_get_cipherbyname")(names[i]);

		cr_assert(c && ctx, "%s", names[i]);
		for (int encrypt = 1; encrypt >= 0; encrypt--) {
			const uint8_t *from = encrypt ? in : out;
			uint8_t *to = encrypt ? out : back;

			cr_assert_eq(SYM(int (*)(void *, void *, void *, const void *, const void *, int),
					 "EVP_CipherInit_ex")(ctx, c, NULL,
					 "0123456789abcdef0123456789abcdef", "fedcba9876543210",
					 encrypt), 1);
			cr_assert_eq(SYM(int (*)(void *, void *, int *, const void *, int),
					 "EVP_CipherUpdate")(ctx, to, &len, from,
					 encrypt ? (int)sizeof(in) : total), 1);
			more = 0;
			cr_assert(SYM(int (*)(void *, void *, int *), "EVP_CipherFinal_ex")
				  (ctx, to + len, &more) == 1 || !encrypt);
			total = len + more;
		}
		say(out, 64);
		say(back, 64);
		SYM(void (*)(void *), "EVP_CIPHER_CTX_free")(ctx);
	}
}

static void numbers(void *lib)
{
	void *ctx = SYM(void *(*)(void), "BN_CTX_new")();
	void *bn[4] = { NULL };
	char *text;

	for (int i = 0; i < 4; i++) {
		char hex[300];

		for (int k = 0; k < 256; k++)
			hex[k] = "123456789abcdef"[(k * (i + 3) + k / 7) % 15];
		hex[255] = '7';
		hex[256] = 0;
		cr_assert_gt(SYM(int (*)(void **, const char *), "BN_hex2bn")(&bn[i], hex), 0);
	}
	cr_assert_eq(SYM(int (*)(void *, void *, void *, void *, void *), "BN_mod_exp")
		     (bn[0], bn[1], bn[2], bn[3], ctx), 1);
	text = SYM(char *(*)(void *), "BN_bn2dec")(bn[0]);
	say(text, strlen(text));
	cr_assert_eq(SYM(int (*)(void *, void *, void *, void *, void *), "BN_div")
		     (bn[1], bn[2], bn[3], bn[0], ctx), 1);
	text = SYM(char *(*)(void *), "BN_bn2hex")(bn[2]);
	say(text, strlen(text));
}

/* What cannot be the same twice: made, and used. */
static void keys(void *lib)
{
	static const char *const types[] = { "RSA", "EC", "ED25519", "X25519" };
	uint8_t sig[1024];

	for (size_t i = 0; i < NR(types); i++) {
		void *key = i == 0 ? SYM(void *(*)(void *, const char *, const char *, ...),
					 "EVP_PKEY_Q_keygen")(NULL, NULL, "RSA", (size_t)1024) :
			    SYM(void *(*)(void *, const char *, const char *, ...),
				"EVP_PKEY_Q_keygen")(NULL, NULL, types[i], "P-256");
		void *ctx = SYM(void *(*)(void), "EVP_MD_CTX_new")();
		void *md = i < 2 ? SYM(void *(*)(void), "EVP_sha256")() : NULL;
		size_t len = sizeof(sig);

		cr_assert(key && ctx, "%s", types[i]);
		if (i == 3)
			break;
		cr_assert_eq(SYM(int (*)(void *, void *, void *, void *, void *),
				 "EVP_DigestSignInit")(ctx, NULL, md, NULL, key), 1);
		cr_assert_eq(SYM(int (*)(void *, void *, size_t *, const void *, size_t),
				 "EVP_DigestSign")(ctx, sig, &len, "text", 4), 1);
		SYM(void (*)(void *), "EVP_MD_CTX_free")(ctx);
		ctx = SYM(void *(*)(void), "EVP_MD_CTX_new")();
		cr_assert_eq(SYM(int (*)(void *, void *, void *, void *, void *),
				 "EVP_DigestVerifyInit")(ctx, NULL, md, NULL, key), 1);
		cr_assert_eq(SYM(int (*)(void *, const void *, size_t, const void *, size_t),
				 "EVP_DigestVerify")(ctx, sig, len, "text", 4), 1);
		sig[len / 2] ^= 1;
		cr_assert_neq(SYM(int (*)(void *, const void *, size_t, const void *, size_t),
				  "EVP_DigestVerify")(ctx, sig, len, "text", 4), 1);
	}
}

Test(original_corpus, libcrypto, .timeout = 200)
{
	char *before;
	struct originals o;
	struct fixture f = { 0 };
	struct totals t;
	void *lib;

	lib = dlopen("libcrypto.so.3", RTLD_NOW);
	cr_assert(lib, "%s", dlerror());
	fixture_open(&f, ((struct link_map *)lib)->l_name);
	digests(lib);
	ciphers(lib);
	numbers(lib);
	before = strdup(said);
	cr_assert_gt(nr_said, 2000u);

	divert_all(&f, lib, &o, &t);
	nr_said = 0;
	digests(lib);
	ciphers(lib);
	numbers(lib);
	cr_expect_str_eq(said, before);
	keys(lib);
	free(before);
}

/* ------------------------------------------------------------------ libc */

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void work(void *lib)
{
	static int numbers[5000];
	char buf[2000];
	regmatch_t match[3];
	regex_t re;
	void *p[64];

	SYM(int (*)(char *, size_t, const char *, ...), "snprintf")
		(buf, sizeof(buf), "%d %s %.12g %Lf %c %#llx %5.3e %zu", -17, "text", 3.25e-7, 2.5L,
		 'x', 0x1234567890ULL, 12345.678, (size_t)99);
	say(buf, strlen(buf));
	for (int i = 0; i < 5000; i++)
		numbers[i] = (i * 7919) % 5003;
	SYM(void (*)(void *, size_t, size_t, int (*)(const void *, const void *)), "qsort")
		(numbers, 5000, sizeof(int), compare);
	say(numbers, 64);
	cr_assert_eq(SYM(int (*)(regex_t *, const char *, int), "regcomp")
		     (&re, "([a-z]+)-([0-9]{2,5})", REG_EXTENDED), 0);
	cr_assert_eq(SYM(int (*)(const regex_t *, const char *, size_t, regmatch_t *, int), "regexec")
		     (&re, "12 abc-4567 x", 3, match, 0), 0);
	say(match, sizeof(match));
	SYM(void (*)(regex_t *), "regfree")(&re);
	*(double *)buf = SYM(double (*)(const char *, char **), "strtod")("1.2345678901234e-17x", NULL);
	say(buf, 8);
	*(long *)buf = SYM(long (*)(const char *, char **, int), "strtol")("-0x7fabc", NULL, 0);
	say(buf, 8);
	for (int i = 0; i < 64; i++) {
		p[i] = SYM(void *(*)(size_t), "malloc")(i * i * 37);
		memset(p[i], i, i * i * 37);
	}
	for (int i = 0; i < 64; i += 3)
		p[i] = SYM(void *(*)(void *, size_t), "realloc")(p[i], 5000 - i * 70);
	for (int i = 0; i < 64; i++)
		SYM(void (*)(void *), "free")(p[i]);
	/* the functions behind these were chosen by the processor */
	strcpy(buf, "The quick brown fox jumps over the lazy dog, and over the dog again");
	say(SYM(char *(*)(const char *, const char *), "strstr")(buf, "dog"), 10);
	say(SYM(char *(*)(const char *, int), "strrchr")(buf, 'd'), 6);
	*(size_t *)buf = SYM(size_t (*)(const char *, const char *), "strcspn")(buf, "xyz");
	say(buf, 8);
	SYM(char *(*)(char *, const char *), "stpcpy")(buf, "copied");
	say(buf, 7);
	*(long *)buf = SYM(long (*)(int), "sysconf")(30);
	say(buf, 8);
	*(int *)buf = SYM(int (*)(int, const char *), "setenv") ? 1 : 0;
	say(SYM(char *(*)(int), "strerror")(2), 9);
}

Test(original_corpus, libc, .timeout = 200)
{
	struct originals o;
	struct fixture f = { 0 };
	struct totals t;
	char *before;
	void *lib;

	/* a libc of its own, so that the test can go on with the other */
	lib = dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW);
	cr_assert(lib, "%s", dlerror());
	fixture_open(&f, ((struct link_map *)lib)->l_name);
	work(lib);
	before = strdup(said);
	divert_all(&f, lib, &o, &t);
	nr_said = 0;
	work(lib);
	cr_expect_str_eq(said, before);
	free(before);
}


/* ---------------------------------------------------------------- unwinding */

/* The rules at an address as text: where the frame is, and the registers kept. */
static bool rules(Dwarf_CFI *cfi, uint64_t pc, char *buf, size_t size)
{
	static const int regs[] = { 3, 6, 12, 13, 14, 15, 16 };
	Dwarf_Frame *frame;
	Dwarf_Op *ops, mem[3];
	size_t nr, used = 0;

	buf[0] = '\0';
	if (dwarf_cfi_addrframe(cfi, pc, &frame))
		return false;
	if (dwarf_frame_cfa(frame, &ops, &nr) || !nr) {
		free(frame);
		return false;
	}
	for (size_t i = 0; i < nr; i++)
		used += snprintf(buf + used, size - used, "%x,%lx,%lx ", ops[i].atom,
				 (long)ops[i].number, (long)ops[i].number2);
	for (size_t k = 0; k < NR(regs); k++) {
		if (dwarf_frame_register(frame, regs[k], mem, &ops, &nr))
			continue;
		used += snprintf(buf + used, size - used, "r%d:", regs[k]);
		for (size_t i = 0; i < nr; i++)
			used += snprintf(buf + used, size - used, "%x,%lx ", ops[i].atom,
					 (long)ops[i].number);
	}
	free(frame);
	return true;
}

/* Where instructions are copied as they are, what the library's own unwind table says
 * of them holds for the copy. */
Test(original_corpus, unwind, .timeout = 100)
{
	static const char *const files[] = { "/lib/x86_64-linux-gnu/libc.so.6",
					     "/usr/lib/x86_64-linux-gnu/libstdc++.so.6" };
	size_t same = 0, none = 0, other = 0;

	for (size_t n = 0; n < NR(files); n++) {
		struct fixture f = { 0 };
		struct originals o;
		struct { uint64_t addr, len; } *all;
		size_t nr = 0;
		Dwarf_CFI *mine, *theirs;

		fixture_open(&f, files[n]);
		all = calloc(f.target->nr_fdes, sizeof(*all));
		cr_assert_not_null(all);
		originals_begin(&o, &f);
		for (size_t i = 0; i < f.target->nr_fdes; i++) {
			uint64_t addr = f.target->fdes[i].addr;
			struct suture_entry entry;
			struct suture_error err;
			char name[32];

			snprintf(name, sizeof(name), "f%zu", nr);
			if (in_plt(&f, addr) ||
			    originals_add(&o, addr, f.target->fdes[i].size, name, &entry, &err))
				continue;
			all[nr].addr = addr + entry.branch_at;
			all[nr].len = entry.covered - entry.branch_at;
			/* a word, or another form of a branch: not as it was */
			if (strchr(o.last, '@') != strrchr(o.last, '@') || strstr(o.last, "f\n") ||
			    strstr(o.last, "b\n"))
				all[nr].len = 0;
			nr++;
		}
		originals_link(&o, "cc");
		mine = dwarf_getcfi_elf(o.linked->elf->elf);
		theirs = dwarf_getcfi_elf(f.target->elf->elf);
		cr_assert(mine && theirs);
		for (size_t i = 0; i < nr; i++) {
			const struct suture_symbol *s;
			char symbol[64], a[1000], b[1000];
			uint64_t at, step;

			snprintf(symbol, sizeof(symbol), SUTURE_ORIGINAL_PREFIX "f%zu", i);
			cr_assert_eq(suture_lookup(o.linked, symbol, &s, 1), 1);
			/* a part of a function, that begins with the frame of the whole */
			if (rules(theirs, all[i].addr, a, sizeof(a)) && strncmp(a, "92,7,8 ", 7))
				continue;
			for (at = 0; at < all[i].len; at += step) {
				const cs_insn *insn = suture_code_decode(f.code, all[i].addr + at,
									 UINT64_MAX, false);

				cr_assert_not_null(insn);
				step = insn->size;
				if (!rules(theirs, all[i].addr + at, a, sizeof(a)))
					continue;
				if (!rules(mine, s->value + at, b, sizeof(b))) {
					none++;
					continue;
				}
				same += !strcmp(a, b);
				other += !!strcmp(a, b);
				if (strcmp(a, b))
					fprintf(stderr, "# %s 0x%" PRIx64 "+%" PRIu64 ": %s, not %s\n",
						files[n], all[i].addr, at, b, a);
			}
		}
		free(all);
		originals_end(&o);
		suture_target_close(f.target);
	}
	fprintf(stderr, "# unwind rules of copied instructions: %zu the same, %zu other, %zu none\n",
		same, other, none);
	cr_expect_gt(same, 10000u);
	/* pushes by hand of which the library's own table does not know */
	cr_expect_leq(other, 10u);
	cr_expect_lt(none, same / 100);
}

#endif
