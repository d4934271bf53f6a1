/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libcapstone, loaded when something is disassembled for the first time: its 77,000
 * relocations take longer than all else that a start of `suture` does, and most commands
 * never need it.
 */
#ifndef SUTURE_CAPSTONE_H
#define SUTURE_CAPSTONE_H

#include <capstone/capstone.h>

#include "error.h"

struct suture_capstone {
	typeof(cs_open) *open;
	typeof(cs_close) *close;
	typeof(cs_option) *option;
	typeof(cs_malloc) *malloc;
	typeof(cs_free) *free;
	typeof(cs_disasm_iter) *disasm_iter;
	typeof(cs_reg_name) *reg_name;
	typeof(cs_regs_access) *regs_access;
};

/* To be used after suture_capstone_load() only. */
extern struct suture_capstone suture_capstone;

/* suture_capstone_load - 0, also when it is loaded already, or -ENOENT */
int suture_capstone_load(struct suture_error *err);

#endif /* SUTURE_CAPSTONE_H */
