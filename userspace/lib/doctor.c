// SPDX-License-Identifier: GPL-2.0-only
/* Is this machine ready for patches, and if not, what is to be done? */
#include <elf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "device.h"
#include "doctor.h"
#include "host.h"
#include "module.h"
#include "text.h"

/* The oldest kernel that the module is built and tested for. */
#define KERNEL_MAJOR	6
#define KERNEL_MINOR	1

struct doctor {
	struct suture_checks *checks;
	struct suture_module_info module;
	struct utsname uts;
	uint16_t machine;	/* EM_*, 0: not one of ours */
};

static void vadd(struct doctor *d, const char *name, bool ok, const char *advice,
		 const char *fmt, va_list ap)
{
	struct suture_check *check = &d->checks->list[d->checks->nr];
	char text[sizeof(check->text)];

	if (d->checks->nr == SUTURE_CHECKS_MAX)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	suture_text_clean_buf(text, 0, check->text, sizeof(check->text));
	check->name = name;
	check->ok = ok;
	if (!ok)
		suture_text_clean_buf(advice, 0, check->advice, sizeof(check->advice));
	d->checks->ready &= ok;
	d->checks->nr++;
}

static void __attribute__((format(printf, 3, 4)))
good(struct doctor *d, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vadd(d, name, true, "", fmt, ap);
	va_end(ap);
}

static void __attribute__((format(printf, 4, 5)))
bad(struct doctor *d, const char *name, const char *advice, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vadd(d, name, false, advice, fmt, ap);
	va_end(ap);
}

static void check_kernel(struct doctor *d)
{
	unsigned int major = 0, minor = 0;

	uname(&d->uts);
	if (!strcmp(d->uts.machine, "x86_64"))
		d->machine = EM_X86_64;
	else if (!strcmp(d->uts.machine, "aarch64"))
		d->machine = EM_AARCH64;

	if (!d->machine) {
		bad(d, "kernel", "use a machine with x86_64 or aarch64", "Linux %s on %s",
		    d->uts.release, d->uts.machine);
		return;
	}
	if (sscanf(d->uts.release, "%u.%u", &major, &minor) != 2 || major < KERNEL_MAJOR ||
	    (major == KERNEL_MAJOR && minor < KERNEL_MINOR)) {
		bad(d, "kernel", "boot Linux 6.1 or newer", "Linux %s on %s", d->uts.release,
		    d->uts.machine);
		return;
	}
	good(d, "kernel", "Linux %s on %s", d->uts.release, d->uts.machine);
}

/* What the kernel was built with; its symbols tell where no configuration is installed. */
static void check_option(struct doctor *d, const char *name, const char *option,
			 const char *symbol, const char *advice)
{
	int value = suture_host_config(option);

	if (value == 'y' || value == 'm') {
		good(d, name, "%s=%c", option, value);
		return;
	}
	if (value) {
		bad(d, name, advice, "%s is not set", option);
		return;
	}
	switch (suture_host_symbol(symbol)) {
	case 1:
		good(d, name, "the kernel has %s", symbol);
		break;
	case 0:
		bad(d, name, advice, "the kernel has no %s", symbol);
		break;
	default:
		if (d->module.loaded)
			good(d, name, "suture.ko is loaded, so it is there");
		else
			bad(d, name, "mount /proc with kallsyms, or install the kernel's configuration as /boot/config-RELEASE",
			    "cannot tell: neither the kernel's configuration nor its symbols are readable");
	}
}

static void check_task_work(struct doctor *d)
{
	/* Debian and Ubuntu export it; elsewhere a kprobe must find its address. */
	if (suture_host_symbol("__ksymtab_task_work_add") == 1 ||
	    suture_host_symbol("__ksymtab_gpl_task_work_add") == 1) {
		good(d, "task-work", "the kernel exports task_work_add");
		return;
	}
	check_option(d, "task-work", "CONFIG_KPROBES", "register_kprobe",
		     "boot a kernel with CONFIG_KPROBES=y, or one that exports task_work_add");
}

static void check_rights(struct doctor *d)
{
	bool admin = suture_host_capable(CAP_SYS_ADMIN);
	bool module = suture_host_capable(CAP_SYS_MODULE);

	if (!admin || (!module && !d->module.loaded))
		bad(d, "rights", "run suture as root", "no %s",
		    admin ? "CAP_SYS_MODULE, and suture.ko is not loaded" : "CAP_SYS_ADMIN");
	else
		good(d, "rights", "CAP_SYS_ADMIN%s", module ? " and CAP_SYS_MODULE" : "");
}

static void check_lockdown(struct doctor *d)
{
	char line[128], *at, *end;

	if (suture_host_read("/sys/kernel/security/lockdown", line, sizeof(line))) {
		good(d, "lockdown", "none (the kernel does not tell of any)");
		return;
	}
	at = strchr(line, '[');
	end = at ? strchr(at, ']') : NULL;
	if (end) {
		at++;
		*end = '\0';
	} else {
		at = line;
	}
	if (strcmp(at, "none") && !d->module.loaded && !d->module.is_signed)
		bad(d, "lockdown", "sign suture.ko with a key that the kernel trusts (MOK), or boot without lockdown",
		    "%s: only signed modules can be loaded", at);
	else
		good(d, "lockdown", "%s", at);
}

static bool kernel_wants_signature(void)
{
	char line[16];

	return !suture_host_read("/sys/module/module/parameters/sig_enforce", line, sizeof(line)) &&
	       *line == 'Y';
}

static void check_module(struct doctor *d, const char *path)
{
	const struct suture_module_info *m = &d->module;
	char line[16];

	if (m->loaded) {
		good(d, "module", "suture.ko is loaded");
		return;
	}
	if (!*m->path) {
		bad(d, "module",
		    path ? "check the path" : "install it for this kernel (`make kmod`, `make install`, `depmod`), or name the file by --module or SUTURE_KO",
		    "suture.ko is not loaded, and there is no %s",
		    path ? path : "module of that name under /lib/modules");
		return;
	}
	if (!m->fits) {
		bad(d, "module", "build it for this kernel: `make kmod`",
		    "%s is for another kernel (%s), this is %s", m->path,
		    *m->vermagic ? m->vermagic : "no vermagic", d->uts.release);
		return;
	}
	if (!suture_host_read("/proc/sys/kernel/modules_disabled", line, sizeof(line)) &&
	    *line == '1') {
		bad(d, "module", "reboot, and load it before kernel.modules_disabled is set",
		    "suture.ko is not loaded, and this kernel takes no more modules");
		return;
	}
	if (kernel_wants_signature() && !m->is_signed) {
		bad(d, "module", "sign it with a key that the kernel trusts",
		    "%s is not signed, and this kernel takes signed modules only", m->path);
		return;
	}
	good(d, "module", "not loaded yet; `suture apply` loads %s", m->path);
}

static void check_device(struct doctor *d)
{
	struct suture_ioc_version version;
	struct suture_error err = { 0 };
	struct stat st;
	int dev;

	if (stat(SUTURE_DEVICE, &st)) {
		if (d->module.loaded)
			bad(d, "device", "mount devtmpfs on /dev (in a container: give it the device)",
			    "%s is not there, though the module is loaded", SUTURE_DEVICE);
		else if (*d->module.path)
			good(d, "device", "%s comes with the module", SUTURE_DEVICE);
		else
			bad(d, "device", "load suture.ko", "%s is not there", SUTURE_DEVICE);
		return;
	}
	if (!S_ISCHR(st.st_mode)) {
		bad(d, "device", "remove it and load the module again", "%s is no device",
		    SUTURE_DEVICE);
		return;
	}
	dev = suture_device_open(&err);
	if (dev < 0) {
		bad(d, "device", dev == -EPROTO ? "unload suture.ko, install one release of both"
						: "see above", "%s", err.text);
		return;
	}
	if (suture_device_version(dev, &version, &err))
		bad(d, "device", "reload the module", "%s", err.text);
	else if (d->machine && version.machine != d->machine)
		bad(d, "device", "run a suture of the kernel's architecture",
		    "the kernel's machine is %u, this one %u", version.machine, d->machine);
	else
		good(d, "device", "%s, module version %s, ABI %u", SUTURE_DEVICE, version.version,
		     version.abi);
	close(dev);
}

int suture_doctor(const char *module, struct suture_checks *ret, struct suture_error *err)
{
	struct doctor d = { .checks = ret };
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->ready = true;
	r = suture_module_query(module, &d.module, err);
	if (r)
		return r;
	check_kernel(&d);
	check_option(&d, "modules", "CONFIG_MODULES", "module_put",
		     "boot a kernel with CONFIG_MODULES=y");
	check_option(&d, "uprobes", "CONFIG_UPROBES", "uprobe_register",
		     "boot a kernel with CONFIG_UPROBES=y");
	check_task_work(&d);
	check_rights(&d);
	check_lockdown(&d);
	check_module(&d, module);
	check_device(&d);
	return 0;
}
