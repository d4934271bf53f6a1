/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An object that patches refer to: its symbols, unwind table, dynamic
 * relocations, PLT, thread-locals and, when asked for, its instructions.
 */
#ifndef SUTURE_TARGET_H
#define SUTURE_TARGET_H

#include "arch.h"
#include "elf-file.h"
#include "fde.h"
#include "insn.h"
#include "symbols.h"

/* One dynamic relocation. */
struct suture_rel {
	uint64_t offset;	/* address of the word */
	enum suture_dyn kind;
	uint32_t type;		/* R_* */
	const char *name;	/* of its symbol, NULL: none */
	GElf_Sym sym;		/* zero without a symbol */
	int64_t addend;
};

/* A PLT entry whose GOT slot is filled with a symbol. */
struct suture_plt {
	uint64_t addr, slot;
	const char *name;
};

struct suture_target {
	struct suture_elf *elf;
	struct suture_elf *debug;	/* or NULL */
	const struct suture_arch *arch;
	struct suture_symbols symbols;
	struct suture_fde *fdes;
	size_t nr_fdes;
	struct suture_rel *rels;	/* sorted by offset */
	size_t nr_rels;
	struct suture_plt *plts;	/* sorted by name */
	size_t nr_plts;
	const char *soname;		/* or NULL */
	bool executable;		/* a program: nobody takes its symbols' place */
	bool symbolic;			/* linked with -Bsymbolic: its own symbols are its own */
	GElf_Phdr tls;			/* PT_TLS, zero without */

	/* made by suture_target_code() */
	struct suture_code *code;
	struct suture_span *spans;
	struct suture_extent *extents;
	uint64_t *pointers;
	struct suture_named *named;	/* sorted by address */
	size_t nr_named;
};

/*
 * suture_target_open - read an ET_DYN or ET_EXEC object
 * @debug: path of a separate debug file with the same build-id, or NULL
 * @ret_target: out, freed with suture_target_close()
 */
int suture_target_open(const char *path, const char *debug, struct suture_target **ret_target,
		       struct suture_error *err);
void suture_target_close(struct suture_target *target);

/* suture_rels_read - the dynamic relocations of @elf, sorted by offset, to be freed */
int suture_rels_read(const struct suture_elf *elf, const struct suture_arch *arch,
		     struct suture_rel **ret_rels, size_t *ret_nr, struct suture_error *err);

/* suture_target_plt - address of the PLT entry for @name; false: there is none */
bool suture_target_plt(const struct suture_target *target, const char *name, uint64_t *ret_addr);

/* suture_target_slot - address of the GOT slot that ld.so fills with @name's address */
bool suture_target_slot(const struct suture_target *target, const char *name,
			uint64_t *ret_addr);

/* suture_target_rel_at - the dynamic relocation of the word at @addr, or NULL */
const struct suture_rel *suture_target_rel_at(const struct suture_target *target, uint64_t addr);

/*
 * suture_target_code - its instructions; made at the first call
 * Returns 0 and the view, which belongs to the target, or a negative errno.
 */
int suture_target_code(struct suture_target *target, struct suture_code **ret_code,
		       struct suture_error *err);

/* suture_target_file_name - the last part of its path */
const char *suture_target_file_name(const struct suture_target *target);

#endif /* SUTURE_TARGET_H */
