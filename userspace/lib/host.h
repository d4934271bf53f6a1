/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be learnt of the running kernel without asking suture.ko. */
#ifndef SUTURE_HOST_H
#define SUTURE_HOST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * suture_host_config - an option of the kernel's configuration
 * @option: "CONFIG_UPROBES"
 * Looks at /proc/config.gz and the files that distributions install.
 * Returns 'y', 'm', 'n' (not set), or 0 when no configuration is to be found.
 */
int suture_host_config(const char *option);

/*
 * suture_host_symbol - does the kernel have a symbol of this name?
 * Returns 1, 0, or -1 when /proc/kallsyms says nothing.
 */
int suture_host_symbol(const char *name);

/* suture_host_capable - is capability number @cap effective in this process? */
bool suture_host_capable(int cap);

/*
 * suture_host_read - the first line of a small file, without its newline
 * Returns 0 or a negative errno.
 */
int suture_host_read(const char *path, char *buf, size_t size);

#endif /* SUTURE_HOST_H */
