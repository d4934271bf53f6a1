/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the unwinder share. */
#ifndef SUTURE_UNWIND_INT_H
#define SUTURE_UNWIND_INT_H

#include "dw-int.h"
#include "procmaps.h"
#include "unwind.h"

/* A line of /proc/PID/maps. */
struct unwind_map {
	uint64_t start, end, offset;
	uint64_t dev, inode;
	bool read, write, exec, deleted;
	bool served;		/* its file by the kernel, on a filesystem that we see too */
	char *path;		/* "" if it has none */
	size_t module;		/* index, or UNWIND_NO_MODULE */
};

#define UNWIND_NO_MODULE	((size_t)-1)

/* Mappings of one file that belong together: what libdwfl calls a module. */
struct unwind_module {
	struct suture_unwind *unwind;
	size_t first;		/* map */
	uint64_t start, end;
	Dwfl_Module *mod;
	void *image;		/* of the vdso */
	enum { MODULE_NEW, MODULE_GOOD, MODULE_BAD } state;
	uint64_t bias;		/* address in memory - address in the file, if good */
};

/* Pages of the process that were read: each word would be a system call. */
#define UNWIND_PAGE	4096U
#define UNWIND_PAGES	16U

struct unwind_page {
	uint64_t addr;		/* 0: none */
	uint8_t bytes[UNWIND_PAGE];
};

struct suture_unwind {
	pid_t tid;
	bool is_leader;
	uint64_t start_stack;	/* where the main thread's stack began */
	struct unwind_map *maps;
	size_t nr_maps;
	struct unwind_module *modules;
	size_t nr_modules;
	Dwfl *dwfl;
	Elf *self;		/* tells libdwfl the machine */
	int self_fd;
	struct unwind_walk *walk;	/* the one under way */
	struct unwind_page pages[UNWIND_PAGES];	/* by address; from one walk's begin on */
};

/* unwind-maps.c */
int unwind_maps_read(struct suture_unwind *unwind, struct suture_error *err);
void unwind_maps_free(struct suture_unwind *unwind);
const struct unwind_map *unwind_find_map(const struct suture_unwind *unwind, uint64_t addr);
bool unwind_read(const struct suture_unwind *unwind, uint64_t addr, void *buf, size_t size);
/* The same for a few bytes, remembered until unwind_forget(). */
bool unwind_peek(struct suture_unwind *unwind, uint64_t addr, void *buf, size_t size);
void unwind_forget(struct suture_unwind *unwind);
/* The module of executable memory at @addr, its file open and checked; NULL: none. */
struct unwind_module *unwind_module_at(struct suture_unwind *unwind, uint64_t addr);

/* unwind-arch.c */
#define UNWIND_DWARF_REGS	40
unsigned int unwind_dwarf_regs(const uint64_t *regs, Dwarf_Word out[UNWIND_DWARF_REGS]);
unsigned int unwind_sp_regno(void);
uint64_t unwind_pc(const uint64_t *regs);
uint64_t unwind_sp(const uint64_t *regs);
unsigned int unwind_nr_regs(void);	/* general ones, the first words of regs */
/* Will nobody read it between there and the end of the function? false: not known. */
bool unwind_reg_is_dead(struct suture_unwind *unwind, uint64_t pc, unsigned int reg);
/* Where the tables do not lead from a signal's handler to what it interrupted: the
 * registers of that, if @pc is where the handler returns to, and @sp that frame's. */
#define UNWIND_SIGNAL_WORDS	34
bool unwind_interrupted(struct suture_unwind *unwind, uint64_t pc, uint64_t sp,
			uint64_t words[UNWIND_SIGNAL_WORDS]);
bool unwind_signal_tables(void);
/* @bytes: the UNWIND_BEFORE bytes before an address: do they end with a call? */
#define UNWIND_BEFORE	8
bool unwind_ends_with_call(const uint8_t bytes[UNWIND_BEFORE]);
/* @bytes: the UNWIND_BEHIND bytes at an address: do they end the thread? */
#define UNWIND_BEHIND	16
bool unwind_ends_thread(const uint8_t bytes[UNWIND_BEHIND]);

#endif /* SUTURE_UNWIND_INT_H */
