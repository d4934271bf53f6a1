/* SPDX-License-Identifier: GPL-2.0-only */
/* libkmod, to look for the kernel module and to load it. */
#ifndef SUTURE_KMOD_INT_H
#define SUTURE_KMOD_INT_H

#include <libkmod.h>

#include "library-int.h"

#define SUTURE_KMOD_FUNCTIONS(F) \
	F(kmod_list_next) F(kmod_module_get_info) F(kmod_module_get_module) \
	F(kmod_module_get_path) F(kmod_module_info_free_list) F(kmod_module_info_get_key) \
	F(kmod_module_info_get_value) F(kmod_module_insert_module) \
	F(kmod_module_new_from_lookup) F(kmod_module_new_from_path) \
	F(kmod_module_probe_insert_module) F(kmod_module_unref) F(kmod_module_unref_list) \
	F(kmod_new) F(kmod_set_log_fn) F(kmod_unref)

struct suture_kmod {
	SUTURE_KMOD_FUNCTIONS(SUTURE_LIBRARY_POINTER)
};

/* To be used after suture_kmod_load() only. */
extern struct suture_kmod suture_kmod;

/* suture_kmod_load - 0, also when it is loaded already, or -ELIBACC */
int suture_kmod_load(struct suture_error *err);

#define kmod_list_next				suture_kmod.kmod_list_next
#define kmod_module_get_info			suture_kmod.kmod_module_get_info
#define kmod_module_get_module			suture_kmod.kmod_module_get_module
#define kmod_module_get_path			suture_kmod.kmod_module_get_path
#define kmod_module_info_free_list		suture_kmod.kmod_module_info_free_list
#define kmod_module_info_get_key		suture_kmod.kmod_module_info_get_key
#define kmod_module_info_get_value		suture_kmod.kmod_module_info_get_value
#define kmod_module_insert_module		suture_kmod.kmod_module_insert_module
#define kmod_module_new_from_lookup		suture_kmod.kmod_module_new_from_lookup
#define kmod_module_new_from_path		suture_kmod.kmod_module_new_from_path
#define kmod_module_probe_insert_module		suture_kmod.kmod_module_probe_insert_module
#define kmod_module_unref			suture_kmod.kmod_module_unref
#define kmod_module_unref_list			suture_kmod.kmod_module_unref_list
#define kmod_new				suture_kmod.kmod_new
#define kmod_set_log_fn				suture_kmod.kmod_set_log_fn
#define kmod_unref				suture_kmod.kmod_unref

#endif /* SUTURE_KMOD_INT_H */
