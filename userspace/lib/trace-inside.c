// SPDX-License-Identifier: GPL-2.0-only
/* Threads of patched processes that seem to be still inside old code. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "image.h"
#include "trace-inside.h"

#define STACK_MAX	(8U << 20)	/* bytes of a stack that are read */
#define CHUNK		4096

/* A piece of old code in the process at work: inside is start < word <= end. */
struct piece {
	uint64_t start, end;
	uint32_t func;
};

struct look {
	struct suture_spm *spm;
	const struct suture_trace_func *funcs;
	size_t nr_funcs;
	struct suture_files *files;
	struct piece *pieces;
	size_t nr_pieces;
	struct suture_trace_inside *found;
	size_t nr_found;
	struct suture_error *err;
};

/* Old code that the patch itself calls is run on purpose. */
static bool is_called(const struct look *look, uint32_t number)
{
	for (size_t i = 0; i < look->nr_funcs; i++)
		if (look->funcs[i].old && look->funcs[i].number == number)
			return look->funcs[i].original;
	return false;
}

static int add_piece(struct look *look, const struct suture_image *image, uint32_t func,
		     uint64_t addr, uint64_t size)
{
	const struct spm_note *note = &look->spm->note;
	const struct suture_object *object = &note->objects[note->funcs[func].object];
	struct piece *more;
	size_t i;

	if (is_called(look, func))
		return 0;
	for (i = 0; i < image->nr_copies; i++) {
		const struct suture_image_copy *copy = &image->copies[i];

		if (copy->file->spm || !suture_image_is(copy->file, object))
			continue;
		more = reallocarray(look->pieces, look->nr_pieces + 1, sizeof(*more));
		if (!more)
			return suture_error_nomem(look->err);
		look->pieces = more;
		more[look->nr_pieces++] = (struct piece) {
			copy->bias + addr, copy->bias + addr + size, func,
		};
	}
	return 0;
}

static int find_pieces(struct look *look, const struct suture_image *image)
{
	const struct spm_note *note = &look->spm->note;
	uint32_t i;
	int ret = 0;

	look->nr_pieces = 0;
	for (i = 0; i < note->nr_funcs && !ret; i++)
		ret = add_piece(look, image, i, note->funcs[i].old_addr, note->funcs[i].old_size);
	for (i = 0; i < note->nr_ranges && !ret; i++)
		ret = add_piece(look, image, note->ranges[i].func, note->ranges[i].addr,
				note->ranges[i].size);
	return ret;
}

static const struct piece *in_piece(const struct look *look, uint64_t word)
{
	for (size_t i = 0; i < look->nr_pieces; i++)
		if (word > look->pieces[i].start && word <= look->pieces[i].end)
			return &look->pieces[i];
	return NULL;
}

/* Stack pointer and program counter of a thread that is in a system call, or asleep. */
static bool asleep_at(pid_t pid, pid_t tid, uint64_t *ret_sp, uint64_t *ret_pc)
{
	char path[64], line[256], *pc, *sp;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", pid, tid);
	if (suture_host_read(path, line, sizeof(line)) || !strcmp(line, "running"))
		return false;
	pc = strrchr(line, ' ');
	if (!pc)
		return false;
	*pc = '\0';
	sp = strrchr(line, ' ');
	if (!sp)
		return false;
	*ret_pc = strtoull(pc + 1, NULL, 16);
	*ret_sp = strtoull(sp + 1, NULL, 16);
	return *ret_sp != 0;
}

static const struct piece *search_stack(const struct look *look, const struct suture_image *image,
					uint64_t sp, uint64_t pc)
{
	const struct piece *piece = in_piece(look, pc);
	uint64_t words[CHUNK / 8], at;
	size_t got, i;

	for (at = sp & ~7ULL; !piece && at - sp < STACK_MAX; at += got) {
		got = suture_image_bytes(image, at, words, CHUNK - at % CHUNK) & ~7UL;
		for (i = 0; i < got / 8 && !piece; i++)
			piece = in_piece(look, words[i]);
		if (!got)
			break;
	}
	return piece;
}

static int look_at_thread(struct look *look, const struct suture_image *image, pid_t tid)
{
	struct suture_trace_inside *more;
	const struct piece *piece;
	uint64_t sp, pc;

	if (!asleep_at(image->pid, tid, &sp, &pc))
		return 0;
	piece = search_stack(look, image, sp, pc);
	if (!piece)
		return 0;
	more = reallocarray(look->found, look->nr_found + 1, sizeof(*more));
	if (!more)
		return suture_error_nomem(look->err);
	look->found = more;
	more[look->nr_found++] = (struct suture_trace_inside) { image->pid, tid, piece->func };
	return 0;
}

static int look_at_process(struct look *look, pid_t pid)
{
	struct suture_error gone = { 0 };
	struct suture_image image;
	struct dirent *entry;
	char path[64];
	int ret = 0;
	DIR *dir;

	/* it may be gone, or not ours to look at: then its threads are not known */
	if (suture_image_read(look->files, pid, &image, &gone))
		return gone.code == -ENOMEM ? suture_error_nomem(look->err) : 0;
	if (image.mem >= 0)
		ret = find_pieces(look, &image);
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = !ret && look->nr_pieces ? opendir(path) : NULL;
	while (dir && !ret && (entry = readdir(dir))) {
		pid_t tid = atoi(entry->d_name);

		if (tid > 0)
			ret = look_at_thread(look, &image, tid);
	}
	if (dir)
		closedir(dir);
	suture_image_close(&image);
	return ret;
}

int suture_trace_inside(struct suture_spm *spm, const struct suture_trace_func *funcs,
			size_t nr_funcs, const struct suture_proc *status, size_t nr_status,
			pid_t pid, struct suture_trace_inside **ret, size_t *ret_nr,
			struct suture_error *err)
{
	struct look look = { .spm = spm, .funcs = funcs, .nr_funcs = nr_funcs, .err = err };
	size_t i;
	int r;

	r = suture_files_new(&spm, 1, &look.files, err);
	for (i = 0; i < nr_status && !r; i++) {
		if (status[i].state == SUTURE_PROC_PATCHED && status[i].pid &&
		    (!pid || status[i].pid == pid))
			r = look_at_process(&look, status[i].pid);
	}
	suture_files_free(look.files);
	free(look.pieces);
	if (r) {
		free(look.found);
		return r;
	}
	*ret = look.found;
	*ret_nr = look.nr_found;
	return 0;
}
