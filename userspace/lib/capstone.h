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

#define SUTURE_CAPSTONE_FUNCTIONS(F) \
	F(open) F(close) F(option) F(malloc) F(free) F(disasm_iter) F(reg_name) F(regs_access)

#define SUTURE_CAPSTONE_POINTER(name)	typeof(cs_##name) *name;

struct suture_capstone {
	SUTURE_CAPSTONE_FUNCTIONS(SUTURE_CAPSTONE_POINTER)
};

/* To be used after suture_capstone_load() only. */
extern struct suture_capstone suture_capstone;

/* suture_capstone_load - 0, also when it is loaded already, or -ELIBACC */
int suture_capstone_load(struct suture_error *err);

#endif /* SUTURE_CAPSTONE_H */
