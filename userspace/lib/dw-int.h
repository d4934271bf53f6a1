/* SPDX-License-Identifier: GPL-2.0-only */
/* libdw: unwind tables and debug information. */
#ifndef SUTURE_DW_INT_H
#define SUTURE_DW_INT_H

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

#include "library-int.h"

#define SUTURE_DW_FUNCTIONS(F) \
	F(dwarf_cfi_addrframe) F(dwarf_frame_info) F(dwarf_frame_register) \
	F(dwarf_next_cfi) F(dwfl_attach_state) F(dwfl_begin) F(dwfl_end) F(dwfl_errmsg) \
	F(dwfl_frame_pc) F(dwfl_frame_reg) F(dwfl_getthread_frames) F(dwfl_line_comp_dir) \
	F(dwfl_lineinfo) F(dwfl_module_addrinfo) F(dwfl_module_addrname) \
	F(dwfl_module_build_id) F(dwfl_module_dwarf_cfi) F(dwfl_module_eh_cfi) \
	F(dwfl_module_getelf) F(dwfl_module_getsrc) F(dwfl_module_getsym_info) \
	F(dwfl_module_getsymtab) F(dwfl_module_info) F(dwfl_offline_section_address) \
	F(dwfl_report_begin) F(dwfl_report_end) F(dwfl_report_module) \
	F(dwfl_report_offline) F(dwfl_standard_find_debuginfo) \
	F(dwfl_thread_state_register_pc) F(dwfl_thread_state_registers)

struct suture_dw {
	SUTURE_DW_FUNCTIONS(SUTURE_LIBRARY_POINTER)
};

/* To be used after suture_dw_load() only. */
extern struct suture_dw suture_dw;

/* suture_dw_load - 0, also when it is loaded already, or -ELIBACC */
int suture_dw_load(struct suture_error *err);

#define dwarf_cfi_addrframe			suture_dw.dwarf_cfi_addrframe
#define dwarf_frame_info			suture_dw.dwarf_frame_info
#define dwarf_frame_register			suture_dw.dwarf_frame_register
#define dwarf_next_cfi				suture_dw.dwarf_next_cfi
#define dwfl_attach_state			suture_dw.dwfl_attach_state
#define dwfl_begin				suture_dw.dwfl_begin
#define dwfl_end				suture_dw.dwfl_end
#define dwfl_errmsg				suture_dw.dwfl_errmsg
#define dwfl_frame_pc				suture_dw.dwfl_frame_pc
#define dwfl_frame_reg				suture_dw.dwfl_frame_reg
#define dwfl_getthread_frames			suture_dw.dwfl_getthread_frames
#define dwfl_line_comp_dir			suture_dw.dwfl_line_comp_dir
#define dwfl_lineinfo				suture_dw.dwfl_lineinfo
#define dwfl_module_addrinfo			suture_dw.dwfl_module_addrinfo
#define dwfl_module_addrname			suture_dw.dwfl_module_addrname
#define dwfl_module_build_id			suture_dw.dwfl_module_build_id
#define dwfl_module_dwarf_cfi			suture_dw.dwfl_module_dwarf_cfi
#define dwfl_module_eh_cfi			suture_dw.dwfl_module_eh_cfi
#define dwfl_module_getelf			suture_dw.dwfl_module_getelf
#define dwfl_module_getsrc			suture_dw.dwfl_module_getsrc
#define dwfl_module_getsym_info			suture_dw.dwfl_module_getsym_info
#define dwfl_module_getsymtab			suture_dw.dwfl_module_getsymtab
#define dwfl_module_info			suture_dw.dwfl_module_info
#define dwfl_offline_section_address		suture_dw.dwfl_offline_section_address
#define dwfl_report_begin			suture_dw.dwfl_report_begin
#define dwfl_report_end				suture_dw.dwfl_report_end
#define dwfl_report_module			suture_dw.dwfl_report_module
#define dwfl_report_offline			suture_dw.dwfl_report_offline
#define dwfl_standard_find_debuginfo		suture_dw.dwfl_standard_find_debuginfo
#define dwfl_thread_state_register_pc		suture_dw.dwfl_thread_state_register_pc
#define dwfl_thread_state_registers		suture_dw.dwfl_thread_state_registers

#endif /* SUTURE_DW_INT_H */
