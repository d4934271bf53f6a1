// SPDX-License-Identifier: GPL-2.0-only
/* The machines that patches can be made for. */
#include "arch.h"

const struct suture_arch *suture_arch_find(uint16_t machine)
{
	static const struct suture_arch *const all[] = { &suture_arch_x86_64,
							    &suture_arch_arm64 };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i]->machine == machine)
			return all[i];
	}
	return NULL;
}

void suture_asm_begin(FILE *out, const char *name)
{
	fprintf(out, "\t.p2align 4\n\t.globl \"%s\"\n\t.hidden \"%s\"\n", name, name);
	fprintf(out, "\t.type \"%s\", %%function\n\"%s\":\n\t.cfi_startproc\n", name, name);
}

void suture_asm_end(FILE *out, const char *name)
{
	fprintf(out, "\t.cfi_endproc\n\t.size \"%s\", . - \"%s\"\n", name, name);
}
