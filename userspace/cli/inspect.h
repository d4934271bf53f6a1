/* SPDX-License-Identifier: GPL-2.0-only */
/* What suture inspect has gathered, for the two ways of showing it. */
#ifndef SUTURE_CLI_INSPECT_H
#define SUTURE_CLI_INSPECT_H

#include "patchset.h"
#include "sign.h"
#include "target.h"

struct inspection {
	const struct patchset *set;
	const struct patchset_patch *patch;
	struct suture_target *self;	/* the patch module as an object, or NULL */
	struct suture_target *objects[SUTURE_MAX_OBJECTS];	/* NULL: not found */
	struct suture_signed sign;
	bool disassemble;
	unsigned int width;		/* columns */
};

/* inspect_new_extent - where the new function at @addr lies, or NULL */
const struct suture_extent *inspect_new_extent(const struct inspection *in, uint64_t addr);

/*
 * inspect_body - the author's function behind the entry at @addr
 * Where the new function uses more registers than its callers expect, the entry is
 * a stub that saves them and calls it. Without a stub, @addr itself.
 */
uint64_t inspect_body(const struct inspection *in, uint64_t addr);

/* inspect_count_relocs - how many relocations of the patch are against @object */
size_t inspect_count_relocs(const struct inspection *in, uint32_t object);

const char *inspect_machine_name(uint16_t machine);
const char *inspect_hook_name(uint32_t kind);
const char *inspect_role_name(uint32_t role);

/* inspect_print - for people; returns an exit code */
int inspect_print(const struct inspection *in);

/* inspect_json - for programs */
int inspect_json(const struct inspection *in);

#endif /* SUTURE_CLI_INSPECT_H */
