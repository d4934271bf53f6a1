/* SPDX-License-Identifier: GPL-2.0-only */
/* What libbpf and the kernel say when a BPF program does not work, in our errors. */
#ifndef SUTURE_BPF_ERROR_H
#define SUTURE_BPF_ERROR_H

#include <bpf/libbpf.h>

#include "error.h"

/* libbpf tells what is wrong by a print function; its last warning is the reason. */
extern __thread char suture_bpf_said[512];

/* suture_bpf_listen - for libbpf_set_print() */
int suture_bpf_listen(enum libbpf_print_level level, const char *fmt, va_list ap);

/* suture_bpf_check - has the kernel what the programs need? @what: that cannot be done */
int suture_bpf_check(const char *what, struct suture_error *err);

/* suture_bpf_error - fill @err, with what libbpf has said last; @code: negative errno */
int suture_bpf_error(struct suture_error *err, int code, const char *what);

#endif /* SUTURE_BPF_ERROR_H */
