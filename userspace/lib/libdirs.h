/* SPDX-License-Identifier: GPL-2.0-only */
/* The folders in which libraries and programs usually are. */
#ifndef SUTURE_LIBDIRS_H
#define SUTURE_LIBDIRS_H

#include <stddef.h>

/*
 * suture_libdirs - a NULL-terminated list of folders, freed with suture_strv_free()
 * The standard ones with one level of multiarch folders, those that
 * /etc/ld.so.conf names, and those of programs. NULL without memory.
 */
char **suture_libdirs(void);

/* suture_strv_add - append a copy of @text to a NULL-terminated list; 0 or -ENOMEM */
int suture_strv_add(char ***list, size_t *nr, const char *text);

/* suture_strv_free - free a NULL-terminated list; NULL is fine */
void suture_strv_free(char **list);

#endif /* SUTURE_LIBDIRS_H */
