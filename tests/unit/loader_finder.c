// SPDX-License-Identifier: GPL-2.0-only
/*
 * The finder on the real /proc: the test itself maps files with build-ids that
 * nobody else has, and the finder must find them.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "finder.h"
#include "loader_elf.h"

static char dir[64];

static void make_dir(void)
{
	strcpy(dir, "/tmp/suture finder.XXXXXX");
	cr_assert(mkdtemp(dir) != NULL);
}

static void remove_dir(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	cr_assert(system(command) == 0);
}

TestSuite(finder, .init = make_dir, .fini = remove_dir, .timeout = 60);

static const char *in_dir(const char *name)
{
	static char paths[4][PATH_MAX];
	static int at;
	char *path = paths[at++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", dir, name);
	return path;
}

static struct suture_want want_of(const char *name, uint32_t seed)
{
	struct suture_want want = { .name = name, .id_len = TEST_ID_LEN };

	test_id(want.id, seed);
	return want;
}

static struct suture_found *find(const struct suture_want *wants, size_t nr, char *const *paths)
{
	struct suture_error err = { 0 };
	struct suture_found *found;

	cr_assert(eq(int, suture_find(wants, nr, paths, &found, &err), 0), "%s", err.text);
	return found;
}

static const struct suture_found_proc *find_proc(const struct suture_found *found, pid_t pid)
{
	size_t i;

	for (i = 0; i < found->nr_procs; i++)
		if (found->procs[i].pid == pid)
			return &found->procs[i];
	return NULL;
}

/* The descriptor must be of the very file: the same build-id is in it. */
static void check_fd(int fd, uint32_t seed)
{
	uint8_t id[TEST_ID_LEN];
	struct test_elf elf;

	test_id(id, seed);
	cr_assert(eq(sz, pread(fd, &elf, sizeof(elf), 0), sizeof(elf)));
	cr_assert(memcmp(elf.id, id, TEST_ID_LEN) == 0);
}

Test(finder, mapped_file)
{
	struct suture_want want = want_of("elsewhere.so", 1);
	const struct suture_found_proc *proc;
	static const int prots[] = { PROT_READ, PROT_READ | PROT_EXEC, PROT_READ | PROT_WRITE };
	struct suture_found *found;
	struct stat st;
	int i;

	cr_assert(eq(int, test_elf_write(in_dir("mapped.so"), want.id), 0));
	/* As ld.so does: the text is not the first of its mappings. */
	for (i = 0; i < 3; i++)
		cr_assert(test_map(in_dir("mapped.so"), prots[i]) != NULL);
	cr_assert(eq(int, stat(in_dir("mapped.so"), &st), 0));

	found = find(&want, 1, NULL);
	cr_assert(eq(sz, found->nr_files, 1));
	cr_expect(eq(str, found->files[0].path, (char *)in_dir("mapped.so")));
	cr_expect(eq(u64, found->files[0].inode, st.st_ino));
	cr_expect(eq(u64, found->files[0].dev, st.st_dev));
	cr_expect(eq(int, found->files[0].pid, getpid()));
	cr_expect(not(found->files[0].deleted));
	cr_expect(not(found->files[0].foreign));
	check_fd(found->files[0].fd, 1);
	cr_assert(eq(sz, found->nr_procs, 1));
	proc = find_proc(found, getpid());
	cr_assert(proc != NULL);
	cr_expect(proc->exec);
	cr_expect(eq(sz, strlen(proc->comm) > 0, 1));
	cr_expect(suture_found_has(found, 0));
	suture_found_free(found);
}

Test(finder, deleted_file_and_a_new_one_in_its_place)
{
	struct suture_want want = want_of("libgone.so.1", 2);
	struct suture_found *found;
	uint8_t other_id[TEST_ID_LEN];

	if (geteuid() != 0)
		cr_skip("only root may open what another name does not lead to");
	cr_assert(eq(int, test_elf_write(in_dir("libgone.so.1.2.3"), want.id), 0));
	cr_assert(test_map(in_dir("libgone.so.1.2.3"), PROT_READ | PROT_EXEC) != NULL);
	cr_assert(eq(int, unlink(in_dir("libgone.so.1.2.3")), 0));
	/* A package upgrade: the path has another build by now, mapped as well. */
	test_id(other_id, 3);
	cr_assert(eq(int, test_elf_write(in_dir("libgone.so.1.2.3"), other_id), 0));
	cr_assert(test_map(in_dir("libgone.so.1.2.3"), PROT_READ) != NULL);

	found = find(&want, 1, NULL);
	cr_assert(eq(sz, found->nr_files, 1));
	cr_expect(found->files[0].deleted);
	cr_expect(eq(str, found->files[0].path, (char *)in_dir("libgone.so.1.2.3")));
	check_fd(found->files[0].fd, 2);
	/* The other build is told of: its name is the wanted one's. */
	cr_assert(eq(sz, found->nr_others, 1));
	cr_expect(eq(str, found->others[0].path, (char *)in_dir("libgone.so.1.2.3")));
	cr_expect(eq(sz, found->others[0].id_len, TEST_ID_LEN));
	cr_expect(memcmp(found->others[0].id, other_id, TEST_ID_LEN) == 0);
	suture_found_free(found);
}

Test(finder, file_of_another_mount_namespace)
{
	struct suture_want want = want_of("nowhere.so", 4);
	struct suture_found *found;
	int ready[2], status;
	char byte = 0;
	pid_t pid;

	if (geteuid() != 0)
		cr_skip("mounting needs root");
	cr_assert(eq(int, pipe(ready), 0));
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("tmpfs", dir, "tmpfs", 0, NULL))
			byte = 'm';
		else if (test_elf_write(in_dir("inner.so"), want.id) ||
			 !test_map(in_dir("inner.so"), PROT_READ | PROT_EXEC))
			byte = 'f';
		else
			byte = 'y';
		if (write(ready[1], &byte, 1) == 1)
			pause();
		_exit(0);
	}
	cr_assert(eq(sz, read(ready[0], &byte, 1), 1));
	if (byte == 'm') {
		kill(pid, SIGKILL);
		cr_skip("no mount namespaces here");
	}
	cr_assert(eq(chr, byte, 'y'));

	found = find(&want, 1, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	cr_assert(eq(sz, found->nr_files, 1));
	cr_expect(found->files[0].foreign);
	cr_expect(eq(int, found->files[0].pid, pid));
	cr_expect(find_proc(found, pid) != NULL);
	check_fd(found->files[0].fd, 4);
	/* It is not to be had by its path. */
	cr_expect(access(in_dir("inner.so"), F_OK) != 0);
	suture_found_free(found);
}

static void *keep_process(void *arg)
{
	char byte = 'y';

	if (write(*(int *)arg, &byte, 1) == 1)
		pause();
	return NULL;
}

Test(finder, process_whose_first_thread_has_ended)
{
	struct suture_want want = want_of("nowhere.so", 5);
	struct suture_found *found;
	int ready[2], status;
	pthread_t thread;
	char path[64], line[256], *state;
	char byte = 0;
	FILE *stat_file;
	pid_t pid;
	int i;

	cr_assert(eq(int, test_elf_write(in_dir("threads.so"), want.id), 0));
	cr_assert(eq(int, pipe(ready), 0));
	pid = fork();
	if (pid == 0) {
		if (!test_map(in_dir("threads.so"), PROT_READ | PROT_EXEC) ||
		    pthread_create(&thread, NULL, keep_process, &ready[1]))
			_exit(1);
		pthread_exit(NULL);
	}
	cr_assert(eq(sz, read(ready[0], &byte, 1), 1));
	/* Until /proc shows the first thread as a zombie. */
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (i = 0; i < 500; i++) {
		stat_file = fopen(path, "re");
		cr_assert(stat_file != NULL);
		cr_assert(fgets(line, sizeof(line), stat_file) != NULL);
		fclose(stat_file);
		state = strrchr(line, ')') + 2;
		if (*state == 'Z')
			break;
		usleep(10000);
	}
	cr_assert(eq(chr, *state, 'Z'));

	found = find(&want, 1, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	cr_assert(eq(sz, found->nr_files, 1));
	cr_expect(find_proc(found, pid) != NULL);
	check_fd(found->files[0].fd, 5);
	suture_found_free(found);
}

Test(finder, many_processes_one_file)
{
	enum { NR = 20 };
	struct suture_want wants[2] = { want_of("a.so", 6), want_of("b.so", 7) };
	struct suture_found *found;
	pid_t pids[NR];
	int i, status;

	cr_assert(eq(int, test_elf_write(in_dir("a.so"), wants[0].id), 0));
	cr_assert(eq(int, test_elf_write(in_dir("b.so"), wants[1].id), 0));
	cr_assert(test_map(in_dir("a.so"), PROT_READ | PROT_EXEC) != NULL);
	for (i = 0; i < NR; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			pause();
			_exit(0);
		}
	}
	/* Not inherited, and data only: no process but this one, not executable. */
	cr_assert(test_map(in_dir("b.so"), PROT_READ) != NULL);

	found = find(wants, 2, NULL);
	for (i = 0; i < NR; i++) {
		cr_expect(find_proc(found, pids[i]) != NULL, "process %d is missing", i);
		kill(pids[i], SIGKILL);
		waitpid(pids[i], &status, 0);
	}
	cr_expect(eq(sz, found->nr_files, 2));
	cr_assert(eq(sz, found->nr_procs, NR + 2));
	for (i = 0; i < NR + 2; i++) {
		const struct suture_found_proc *proc = &found->procs[i];

		cr_expect(eq(int, proc->exec, found->files[proc->file].want == 0));
	}
	suture_found_free(found);
}

Test(finder, memfd)
{
	struct suture_want want = want_of("nowhere.so", 8);
	struct suture_found *found;
	struct test_elf elf;
	int fd;

	if (geteuid() != 0)
		cr_skip("only root may open what another name does not lead to");
	test_elf_make(&elf, want.id);
	fd = memfd_create("jit", MFD_CLOEXEC);
	cr_assert(eq(sz, write(fd, &elf, sizeof(elf)), sizeof(elf)));
	cr_assert(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0) != MAP_FAILED);
	found = find(&want, 1, NULL);
	cr_assert(eq(sz, found->nr_files, 1));
	check_fd(found->files[0].fd, 8);
	suture_found_free(found);
}

Test(finder, odd_names)
{
	static const char *const names[] = {
		"a b (deleted)", "new\nline.so", "back\\012slash.so", "\033[31mred.so", "üñ.so",
	};
	struct suture_want wants[5];
	struct suture_found *found;
	size_t i;

	for (i = 0; i < 5; i++) {
		wants[i] = want_of("nowhere.so", 20 + i);
		cr_assert(eq(int, test_elf_write(in_dir(names[i]), wants[i].id), 0));
		cr_assert(test_map(in_dir(names[i]), PROT_READ | PROT_EXEC) != NULL);
	}
	found = find(wants, 5, NULL);
	cr_expect(eq(sz, found->nr_files, 5));
	for (i = 0; i < found->nr_files; i++)
		check_fd(found->files[i].fd, 20 + found->files[i].want);
	suture_found_free(found);
}

Test(finder, on_disk_by_absolute_name)
{
	struct suture_want want = want_of(NULL, 9);
	struct suture_found *found;

	want.name = in_dir("quiet.so");
	cr_assert(eq(int, test_elf_write(want.name, want.id), 0));
	found = find(&want, 1, NULL);
	cr_assert(eq(sz, found->nr_files, 1));
	cr_expect(eq(int, found->files[0].pid, 0));
	cr_expect(eq(sz, found->nr_procs, 0));
	check_fd(found->files[0].fd, 9);
	suture_found_free(found);
}

Test(finder, library_folder)
{
	struct suture_want want = want_of("libc.so.6", 10);
	struct suture_found *found;
	size_t i;
	bool seen = false;

	found = find(&want, 1, NULL);
	cr_expect(eq(sz, found->nr_files, 0));
	for (i = 0; i < found->nr_others; i++)
		seen |= strstr(found->others[i].path, "/libc.so.6") != NULL;
	cr_expect(seen, "the system's libc.so.6 is not among the other builds");
	/* Once, though /lib and /usr/lib lead to it, and this process maps it. */
	for (i = 0; i < found->nr_others; i++) {
		size_t j;

		for (j = 0; j < i; j++)
			cr_expect(found->others[i].inode != found->others[j].inode ||
				  found->others[i].dev != found->others[j].dev);
	}
	suture_found_free(found);
}

Test(finder, given_file)
{
	struct suture_want want = want_of("nowhere.so", 11);
	struct suture_error err = { 0 };
	struct suture_found *found;
	char *paths[2] = { NULL, NULL };
	uint8_t other_id[TEST_ID_LEN];

	paths[0] = (char *)in_dir("given.so");
	cr_assert(eq(int, test_elf_write(paths[0], want.id), 0));
	found = find(&want, 1, paths);
	cr_assert(eq(sz, found->nr_files, 1));
	check_fd(found->files[0].fd, 11);
	suture_found_free(found);

	paths[0] = (char *)in_dir("wrong.so");
	test_id(other_id, 12);
	cr_assert(eq(int, test_elf_write(paths[0], other_id), 0));
	cr_expect(eq(int, suture_find(&want, 1, paths, &found, &err), -ENOEXEC));
	cr_expect(strstr(err.text, "which the patch is not for") != NULL, "%s", err.text);

	paths[0] = (char *)in_dir("absent.so");
	cr_expect(eq(int, suture_find(&want, 1, paths, &found, &err), -ENOENT));
	paths[0] = (char *)"/etc/passwd";
	cr_expect(eq(int, suture_find(&want, 1, paths, &found, &err), -ENOEXEC));
}

Test(finder, mapped_and_given_is_one_file)
{
	struct suture_want want = want_of("nowhere.so", 13);
	struct suture_found *found;
	char *paths[2] = { NULL, NULL };

	paths[0] = (char *)in_dir("both.so");
	cr_assert(eq(int, test_elf_write(paths[0], want.id), 0));
	cr_assert(test_map(paths[0], PROT_READ | PROT_EXEC) != NULL);
	found = find(&want, 1, paths);
	cr_expect(eq(sz, found->nr_files, 1));
	cr_expect(eq(int, found->files[0].pid, getpid()));
	suture_found_free(found);
}

Test(finder, two_copies_are_two_files)
{
	struct suture_want want = want_of("nowhere.so", 14);
	struct suture_found *found;

	cr_assert(eq(int, test_elf_write(in_dir("one.so"), want.id), 0));
	cr_assert(eq(int, test_elf_write(in_dir("two.so"), want.id), 0));
	cr_assert(test_map(in_dir("one.so"), PROT_READ | PROT_EXEC) != NULL);
	cr_assert(test_map(in_dir("two.so"), PROT_READ | PROT_EXEC) != NULL);
	found = find(&want, 1, NULL);
	cr_assert(eq(sz, found->nr_files, 2));
	cr_expect(ne(u64, found->files[0].inode, found->files[1].inode));
	suture_found_free(found);
}

/* Of more files than there may be descriptors, root's and those that are named stay. */
Test(finder, too_many_files)
{
	struct rlimit limit = { .rlim_cur = 200, .rlim_max = 200 };
	struct suture_want want = want_of("nowhere.so", 15);
	char *paths[2] = { NULL, NULL }, name[16];
	size_t open = 0, i;
	struct suture_found *found;

	for (i = 0; i < 140; i++) {
		snprintf(name, sizeof(name), "%zu.so", i);
		cr_assert(eq(int, test_elf_write(in_dir(name), want.id), 0));
		cr_assert(test_map(in_dir(name), PROT_READ | PROT_EXEC) != NULL);
		if (!geteuid() && i != 139)
			cr_assert(eq(int, chown(in_dir(name), 1000, 1000), 0));
	}
	paths[0] = (char *)in_dir("given.so");
	cr_assert(eq(int, test_elf_write(paths[0], want.id), 0));
	cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &limit), 0));

	found = find(&want, 1, paths);
	for (i = 0; i < found->nr_files; i++)
		open += found->files[i].fd >= 0;
	cr_expect(ge(sz, found->nr_left_out, 10));
	cr_expect(eq(sz, open + found->nr_left_out, found->nr_files));
	for (i = 0; i < found->nr_files; i++) {
		const struct suture_found_file *file = &found->files[i];

		/* The last one is root's, if we are. */
		if (!strcmp(file->path, paths[0]) || (!geteuid() && strstr(file->path, "/139.so")))
			cr_expect(ge(int, file->fd, 0), "%s is left out", file->path);
		cr_expect(eq(int, suture_found_use(file, 0, SUTURE_ROLE_TARGET), file->fd >= 0));
	}
	/* All are let go of, and known. */
	suture_found_close(found);
	cr_expect(suture_found_has(found, 0));
	cr_expect(not(suture_found_usable(found, 0, SUTURE_ROLE_TARGET)));
	suture_found_free(found);
}

Test(finder, other_file_without_a_build_id)
{
	struct suture_want want = want_of("libbare.so.2", 15);
	struct suture_found *found;
	struct test_elf elf;
	FILE *file;

	test_elf_make(&elf, want.id);
	elf.ph[1].p_type = PT_NULL;
	file = fopen(in_dir("libbare.so.2.1"), "we");
	cr_assert(file != NULL);
	cr_assert(eq(sz, fwrite(&elf, sizeof(elf), 1, file), 1));
	fclose(file);
	cr_assert(test_map(in_dir("libbare.so.2.1"), PROT_READ) != NULL);
	found = find(&want, 1, NULL);
	cr_expect(eq(sz, found->nr_files, 0));
	cr_assert(eq(sz, found->nr_others, 1));
	cr_expect(eq(sz, found->others[0].id_len, 0));
	suture_found_free(found);
}
