// SPDX-License-Identifier: GPL-2.0-only
/*
 * What pack reads of a target, compared with what binutils read of libraries as
 * Debian ships them.
 */
#include <inttypes.h>

#include "pack_work.h"
#include "resolve.h"
#include "target.h"

TestSuite(pack_elf, .init = work_begin, .fini = work_end, .timeout = 300);

/* libraries that these tests are linked with, so they are there */
static const char *const names[] = { "libc.so.6", "libelf.so.1", "libdw.so.1", "libcapstone.so.4",
				     "libstdc++.so.6", "libkmod.so.2", "libjson-c.so.5" };
#define NAMES (sizeof(names) / sizeof(names[0]))

static struct suture_target *open_library(const char *name)
{
	void *lib = dlopen(name, RTLD_LAZY);
	struct suture_error err = { 0 };
	struct suture_target *target;
	struct link_map *map;

	cr_assert(lib, "%s", dlerror());
	cr_assert_eq(dlinfo(lib, RTLD_DI_LINKMAP, &map), 0);
	cr_assert_eq(suture_target_open(map->l_name, NULL, &target, &err), 0, "%s", err.text);
	return target;
}

/* objdump names each PLT entry by the import that it jumps to. */
Test(pack_elf, plt_entries)
{
	size_t all = 0;

	for (size_t i = 0; i < NAMES; i++) {
		struct suture_target *target = open_library(names[i]);
		char command[1024], name[512];
		size_t seen = 0;
		uint64_t addr;
		FILE *f;

		snprintf(command, sizeof(command),
			 "objdump -d -j .plt -j .plt.sec -j .plt.got %s 2>/dev/null | "
			 "sed -n 's/^\\([0-9a-f]*\\) <\\([A-Za-z_][^@]*\\)@.*plt>:$/\\1 \\2/p'",
			 target->elf->path);
		f = popen(command, "r");
		cr_assert(f);
		while (fscanf(f, "%" SCNx64 " %511s", &addr, name) == 2) {
			bool found = false;

			for (size_t p = 0; p < target->nr_plts; p++)
				found |= target->plts[p].addr == addr &&
					 !strcmp(target->plts[p].name, name);
			cr_expect(found, "%s: %s@plt at 0x%" PRIx64, names[i], name, addr);
			seen++;
		}
		cr_assert_eq(pclose(f), 0);
		cr_expect_eq(seen, target->nr_plts, "%s: %zu PLT entries, not %zu", names[i],
			     target->nr_plts, seen);
		all += seen;
		suture_target_close(target);
	}
	cr_expect_gt(all, 200);
}

Test(pack_elf, unwind_table)
{
	for (size_t i = 0; i < NAMES; i++) {
		struct suture_target *target = open_library(names[i]);
		char command[1024];
		uint64_t from, to;
		size_t seen = 0;
		FILE *f;

		snprintf(command, sizeof(command),
			 "readelf --debug-dump=frames %s 2>/dev/null | "
			 "sed -n 's/.* FDE .*pc=\\([0-9a-f]*\\)\\.\\.\\([0-9a-f]*\\)$/\\1 \\2/p'",
			 target->elf->path);
		f = popen(command, "r");
		cr_assert(f);
		while (fscanf(f, "%" SCNx64 " %" SCNx64, &from, &to) == 2) {
			const struct suture_fde *fde = suture_fde_at(target->fdes, target->nr_fdes,
								     from);

			cr_expect(fde && fde->size == to - from, "%s: 0x%" PRIx64, names[i], from);
			seen++;
		}
		cr_assert_eq(pclose(f), 0);
		cr_expect_eq(seen, target->nr_fdes, "%s", names[i]);
		cr_expect_gt(seen, 10);
		suture_target_close(target);
	}
}

/* Landing pads' tables: the ones of a C++ library lie in its .gcc_except_table. */
Test(pack_elf, landing_pads)
{
	struct suture_target *target = open_library("libstdc++.so.6");
	size_t with = 0;
	GElf_Shdr sh;

	cr_assert(suture_elf_section(target->elf, ".gcc_except_table", &sh));
	for (size_t i = 0; i < target->nr_fdes; i++) {
		uint64_t at = target->fdes[i].lsda;

		if (!at)
			continue;
		with++;
		cr_expect(at >= sh.sh_addr && at - sh.sh_addr < sh.sh_size, "0x%" PRIx64, at);
	}
	cr_expect_gt(with, 100);
	suture_target_close(target);
}

/* The address that ld.so finds is base + what the table says. */
Test(pack_elf, symbols_and_versions)
{
	struct suture_target *target = open_library("libc.so.6");
	static const char *const some[] = { "printf", "getenv", "qsort", "environ", "fopen",
					    "realpath", "pthread_cond_wait" };
	const struct suture_symbol *s;
	struct link_map *map;

	cr_assert_eq(dlinfo(dlopen("libc.so.6", RTLD_LAZY), RTLD_DI_LINKMAP, &map), 0);
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		/* several versions of some: the newest is meant, as ld would */
		cr_assert_eq(suture_lookup(target, some[i], &s, 1), 1, "%s", some[i]);
		cr_expect_eq(map->l_addr + s->value, (uintptr_t)dlsym(RTLD_DEFAULT, some[i]), "%s",
			     some[i]);
	}
	cr_expect_eq(suture_lookup(target, "no_such_symbol", &s, 1), 0);
	suture_target_close(target);
}

Test(pack_elf, build_id_and_kind)
{
	struct suture_target *target = open_library("libc.so.6"), *self;
	char path[4096], command[4200], text[2 * SUTURE_BUILD_ID_MAX + 2] = "", id[80] = "";
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	struct suture_error err = { 0 };
	FILE *f;

	snprintf(command, sizeof(command), "readelf -n %s | sed -n 's/.*Build ID: //p'",
		 target->elf->path);
	f = popen(command, "r");
	cr_assert(f && fscanf(f, "%79s", id) == 1);
	pclose(f);
	for (size_t i = 0; i < target->elf->build_id_len; i++)
		sprintf(text + 2 * i, "%02x", target->elf->build_id[i]);
	cr_expect_str_eq(text, id);
	/* it can be run, and is a library all the same */
	cr_expect_not(target->executable);
	cr_expect_str_eq(target->soname, "libc.so.6");
	suture_target_close(target);

	cr_assert(len > 0);
	path[len] = '\0';
	cr_assert_eq(suture_target_open(path, NULL, &self, &err), 0, "%s", err.text);
	cr_expect(self->executable);
	suture_target_close(self);
}

Test(pack_elf, clones)
{
	static const struct { const char *name, *base; bool clone; } cases[] = {
		{ "f.constprop.0", "f", true }, { "f.isra.0", "f", true },
		{ "f.part.0", "f", true }, { "f.constprop.0.isra.0", "f", true },
		{ "f.lto_priv.12", "f", true }, { "f.part.0.cold", "f", true },
		{ "f", "f", false }, { "ff.isra.0", "f", false }, { "f.other", "f", false },
		{ "f2", "f", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(suture_symbol_is_clone(cases[i].name, cases[i].base), cases[i].clone,
			     "%s", cases[i].name);
}

/* Cut short anywhere: an error, or less is read; never a crash. */
Test(pack_elf, cut_short)
{
	struct suture_error err;
	struct suture_target *target;
	char command[300];

	work_target("lib.so", "#include <stdio.h>\n__thread int t;\nint f(int x) { return t + x; }\n"
		    "void g(void) { puts(\"g\"); }\n", "-g0");
	for (int size = 0; size < 16000; size += 61) {
		snprintf(command, sizeof(command), "head -c %d %s >%s", size, work_path("lib.so"),
			 work_path("cut.so"));
		cr_assert_eq(system(command), 0);
		err.text[0] = '\0';
		if (suture_target_open(work_path("cut.so"), NULL, &target, &err))
			cr_expect_neq(err.text[0], '\0', "no message at %d", size);
		else
			suture_target_close(target);
	}
}
