// SPDX-License-Identifier: GPL-2.0-only
/* Build-ids and patch modules read from files: right ones, wrong ones, no files at all. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/stat.h>

#include "build-id.h"
#include "finder.h"
#include "loader_elf.h"
#include "spm-file.h"
#include "spm_file.h"

static int fd_of(const void *bytes, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	cr_assert(fd >= 0);
	cr_assert(eq(sz, write(fd, bytes, len), len));
	return fd;
}

static int read_id(const void *bytes, size_t len, uint8_t *id, size_t *id_len)
{
	int fd = fd_of(bytes, len), ret;

	*id_len = 0;
	ret = suture_build_id_read(fd, id, id_len);
	close(fd);
	return ret;
}

Test(build_id, found_behind_another_note)
{
	uint8_t id[SUTURE_BUILD_ID_MAX], wanted[TEST_ID_LEN];
	struct test_elf elf;
	size_t len;

	test_id(wanted, 1);
	test_elf_make(&elf, wanted);
	cr_assert(eq(int, read_id(&elf, sizeof(elf), id, &len), 0));
	cr_expect(eq(sz, len, TEST_ID_LEN));
	cr_expect(memcmp(id, wanted, len) == 0);
}

Test(build_id, as_readelf_says)
{
	uint8_t id[SUTURE_BUILD_ID_MAX];
	char hex[2 * SUTURE_BUILD_ID_MAX + 1] = "", said[256] = "", *at;
	size_t len = 0, i;
	FILE *pipe;
	int fd;

	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	cr_assert(eq(int, suture_build_id_read(fd, id, &len), 0));
	close(fd);
	for (i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", id[i]);
	snprintf(said, sizeof(said), "readelf -nW /proc/%d/exe | grep 'Build ID'", getpid());
	pipe = popen(said, "r");
	cr_assert(pipe != NULL);
	cr_assert(fgets(said, sizeof(said), pipe) != NULL);
	pclose(pipe);
	at = strstr(said, "Build ID: ");
	cr_assert(at != NULL);
	at[strcspn(at, "\n")] = '\0';
	cr_expect(eq(str, at + 10, hex));
}

Test(build_id, none_in_other_files)
{
	uint8_t id[SUTURE_BUILD_ID_MAX], wanted[TEST_ID_LEN] = { 1 };
	struct test_elf elf;
	size_t len;

	cr_expect(eq(int, read_id("", 0, id, &len), -ENOEXEC));
	cr_expect(eq(int, read_id("#!/bin/sh\n", 10, id, &len), -ENOEXEC));
	cr_expect(eq(int, read_id("\177ELF", 4, id, &len), -ENOEXEC));

	test_elf_make(&elf, wanted);
	elf.ph[1].p_type = PT_NULL;
	cr_expect(eq(int, read_id(&elf, sizeof(elf), id, &len), -ENODATA));
	test_elf_make(&elf, wanted);
	elf.nh.n_descsz = 0xffffffff;
	cr_expect(eq(int, read_id(&elf, sizeof(elf), id, &len), -ENODATA));
	test_elf_make(&elf, wanted);
	elf.nh.n_descsz = 0;
	cr_expect(eq(int, read_id(&elf, sizeof(elf), id, &len), -ENODATA));
	test_elf_make(&elf, wanted);
	elf.ph[1].p_filesz = ~0ULL;
	cr_expect(eq(int, read_id(&elf, sizeof(elf), id, &len), -ENODATA));
	test_elf_make(&elf, wanted);
	elf.ph[1].p_offset = ~0ULL - 8;
	cr_expect(eq(int, read_id(&elf, sizeof(elf), id, &len), -ENODATA));
}

Test(build_id, cut_short_everywhere)
{
	uint8_t id[SUTURE_BUILD_ID_MAX], wanted[TEST_ID_LEN];
	struct test_elf elf;
	size_t len, cut;
	int ret;

	test_id(wanted, 2);
	test_elf_make(&elf, wanted);
	for (cut = 0; cut < offsetof(struct test_elf, text); cut++) {
		ret = read_id(&elf, cut, id, &len);
		cr_expect(ret == -ENOEXEC || ret == -ENODATA, "%zu bytes: %d", cut, ret);
	}
	cr_expect(eq(int, read_id(&elf, cut, id, &len), 0));
}

static int open_bytes(const void *bytes, size_t len, struct suture_spm **spm,
		      struct suture_error *err)
{
	int fd = fd_of(bytes, len), ret;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = suture_spm_open(path, spm, err);
	close(fd);
	return ret;
}

Test(spm, opened)
{
	struct suture_error err = { 0 };
	struct suture_want *wants = NULL;
	unsigned int want_of[SUTURE_MAX_OBJECTS];
	struct suture_spm *spm;
	struct sample sample;
	size_t nr = 0;

	sample_init(&sample, EM_X86_64);
	cr_assert(eq(int, open_bytes(&sample, sizeof(sample), &spm, &err), 0), "%s", err.text);
	cr_expect(eq(u64, spm->size, sizeof(sample)));
	cr_expect(eq(u32, spm->note.nr_funcs, sample.desc.head.funcs.count));
	cr_expect(eq(str, (char *)suture_spm_name(spm),
		     sample.desc.strings + sample.desc.head.name));
	cr_expect(eq(str, (char *)suture_spm_func_name(spm, 0),
		     sample.desc.strings + sample.desc.funcs[0].name));
	/* behind the functions come the sites */
	cr_expect(eq(str, (char *)suture_spm_func_name(spm, spm->note.nr_funcs + 1),
		     sample.desc.strings + sample.desc.sites[1].name));
	cr_expect(suture_spm_func_name(spm, spm->note.nr_funcs + spm->note.nr_sites) == NULL);
	cr_expect(suture_spm_func_name(NULL, 0) == NULL);

	/* Wanted twice is wanted once. */
	cr_assert(eq(int, suture_wants_add(&wants, &nr, spm, want_of, &err), 0));
	cr_expect(eq(sz, nr, spm->note.nr_objects));
	cr_assert(eq(int, suture_wants_add(&wants, &nr, spm, want_of, &err), 0));
	cr_expect(eq(sz, nr, spm->note.nr_objects));
	cr_expect(eq(uint, want_of[spm->note.nr_objects - 1], spm->note.nr_objects - 1));
	free(wants);
	suture_spm_close(spm);
}

Test(spm, others_are_refused)
{
	struct suture_error err = { 0 };
	struct suture_spm *spm;
	struct test_elf elf;
	struct sample sample;
	char path[64] = "/tmp/suture-fifo.XXXXXX";
	uint8_t id[TEST_ID_LEN] = { 1 };
	size_t cut;

	cr_expect(eq(int, suture_spm_open("/tmp/no/such/file", &spm, &err), -ENOENT));
	cr_expect(eq(int, suture_spm_open("/tmp", &spm, &err), -ENOEXEC));
	cr_expect(eq(int, suture_spm_open("/dev/zero", &spm, &err), -ENOEXEC));
	cr_expect(eq(int, suture_spm_open("/etc/passwd", &spm, &err), -ENOEXEC));
	cr_expect(strstr(err.text, "/etc/passwd") != NULL);

	/* Opening a FIFO waits for its other end, unless told not to. */
	cr_assert(mkdtemp(path) != NULL);
	strcat(path, "/f");
	cr_assert(eq(int, mkfifo(path, 0600), 0));
	cr_expect(eq(int, suture_spm_open(path, &spm, &err), -ENOEXEC));
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);

	test_elf_make(&elf, id);
	elf.ph[0].p_align = 4096;
	cr_expect(eq(int, open_bytes(&elf, sizeof(elf), &spm, &err), -ENOEXEC));

	sample_init(&sample, EM_X86_64);
	for (cut = 0; cut < sizeof(sample) - sizeof(sample.tail); cut += 61) {
		int ret = open_bytes(&sample, cut, &spm, &err);

		cr_expect(ret == -ENOEXEC, "%zu bytes: %d", cut, ret);
	}
}

Test(spm, path_in_errors_is_clean)
{
	struct suture_error err = { 0 };
	struct suture_spm *spm;

	cr_expect(eq(int, suture_spm_open("/tmp/\033]0;evil\007", &spm, &err), -ENOENT));
	cr_expect(strstr(err.text, "\\x1b]0;evil\\x07") != NULL, "%s", err.text);
	cr_expect(strchr(err.text, '\033') == NULL);
}
