// SPDX-License-Identifier: GPL-2.0-only
/* What libbpf and the kernel say when a BPF program does not work, in our errors. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf-error.h"
#include "text.h"

#define BTF_PATH	"/sys/kernel/btf/vmlinux"

/* libbpf tells what is wrong by a print function; its last warning is the reason. */
__thread char suture_bpf_said[512];

int suture_bpf_listen(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	size_t len;

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(suture_bpf_said, sizeof(suture_bpf_said), fmt, ap);
	len = strlen(suture_bpf_said);
	if (len && suture_bpf_said[len - 1] == '\n')
		suture_bpf_said[len - 1] = '\0';
	return 0;
}

int suture_bpf_error(struct suture_error *err, int code, const char *what)
{
	char said[sizeof(suture_bpf_said) * 2];

	suture_text_clean_buf(suture_bpf_said, 0, said, sizeof(said));
	if (code == -EPERM || code == -EACCES)
		return suture_error_set(err, code,
					"%s: %s; run suture as root (CAP_SYS_ADMIN), and not under lockdown",
					what, strerror(-code));
	if (code == -ENOSYS)
		return suture_error_set(err, -ENOTSUP,
					"%s: this kernel has no BPF (CONFIG_BPF_SYSCALL)", what);
	return suture_error_set(err, code, "%s: %s%s%s", what, strerror(-code), *said ? "; " : "",
				said);
}

int suture_bpf_check(const char *what, struct suture_error *err)
{
	if (!access(BTF_PATH, R_OK))
		return 0;
	return suture_error_set(err, -ENOTSUP,
				"%s: %s is not there (%s): the kernel must be built with CONFIG_DEBUG_INFO_BTF and CONFIG_BPF_SYSCALL, as Debian's are",
				what, BTF_PATH, strerror(errno));
}
