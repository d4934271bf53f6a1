// SPDX-License-Identifier: GPL-2.0-only
/* suture.ko: is it loaded, can it be, load it (libkmod). */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "kmod-int.h"
#include "module.h"
#include "text.h"

/* udev or devtmpfs may need a moment to make the node. */
#define DEVICE_TRIES		100
#define DEVICE_PAUSE_NS		20000000

/* libkmod writes to stderr by itself; a library must not. */
static void be_silent(void *data, int priority, const char *file, int line, const char *fn,
		      const char *format, va_list args)
{
	(void)data;
	(void)priority;
	(void)file;
	(void)line;
	(void)fn;
	(void)format;
	(void)args;
}

static int new_ctx(struct kmod_ctx **ret, struct suture_error *err)
{
	int code = suture_kmod_load(err);

	if (code)
		return code;
	*ret = kmod_new(NULL, NULL);
	if (!*ret)
		return suture_error_nomem(err);
	kmod_set_log_fn(*ret, be_silent, NULL);
	return 0;
}

/* The module from a file, or by its name under /lib/modules; -ENOENT: neither. */
static int get_module(struct kmod_ctx *ctx, const char *path, struct kmod_module **ret_mod)
{
	struct kmod_list *list = NULL;
	int ret;

	if (path)
		return kmod_module_new_from_path(ctx, path, ret_mod);
	ret = kmod_module_new_from_lookup(ctx, SUTURE_MODULE_NAME, &list);
	if (ret < 0)
		return ret;
	if (!list)
		return -ENOENT;
	*ret_mod = kmod_module_get_module(list);
	kmod_module_unref_list(list);
	return 0;
}

static void read_info(struct kmod_module *mod, struct suture_module_info *info)
{
	struct kmod_list *list = NULL, *at;

	if (kmod_module_get_info(mod, &list) < 0)
		return;
	kmod_list_foreach(at, list) {
		const char *key = kmod_module_info_get_key(at);
		const char *value = kmod_module_info_get_value(at);

		if (!strcmp(key, "version"))
			suture_text_clean_buf(value, 0, info->version, sizeof(info->version));
		else if (!strcmp(key, "vermagic"))
			suture_text_clean_buf(value, 0, info->vermagic, sizeof(info->vermagic));
		else if (!strcmp(key, "sig_id"))
			info->is_signed = true;
	}
	kmod_module_info_free_list(list);
}

int suture_module_query(const char *path, struct suture_module_info *ret_info,
			struct suture_error *err)
{
	struct kmod_module *mod = NULL;
	struct kmod_ctx *ctx;
	struct utsname uts;
	const char *file;
	size_t len;
	int ret;

	memset(ret_info, 0, sizeof(*ret_info));
	ret_info->loaded = access("/sys/module/" SUTURE_MODULE_NAME, F_OK) == 0;
	ret = new_ctx(&ctx, err);
	if (ret)
		return ret;
	ret = get_module(ctx, path, &mod);
	if (ret) {
		ret = 0;	/* there is no file: path stays empty */
		goto out_ctx;
	}
	file = kmod_module_get_path(mod);
	if (file && access(file, R_OK) == 0) {
		snprintf(ret_info->path, sizeof(ret_info->path), "%s", file);
		read_info(mod, ret_info);
		uname(&uts);
		len = strlen(uts.release);
		ret_info->fits = !strncmp(ret_info->vermagic, uts.release, len) &&
				 ret_info->vermagic[len] == ' ';
	}
	kmod_module_unref(mod);
out_ctx:
	kmod_unref(ctx);
	return ret;
}

static int load_error(int code, const char *path, struct suture_error *err)
{
	char clean[PATH_MAX];
	const char *hint;

	suture_text_clean_buf(path ? path : SUTURE_MODULE_NAME, 0, clean, sizeof(clean));
	switch (code) {
	case -ENOENT:
		hint = path ? "there is no such file"
			    : "it is not installed for this kernel: `make install` and depmod, or name the file by --module or SUTURE_KO";
		break;
	case -EPERM:
	case -EACCES:
		hint = "run suture as root (CAP_SYS_MODULE)";
		break;
	case -ENOEXEC:
		hint = "it was built for another kernel, or is no module; `dmesg` tells which";
		break;
	case -EKEYREJECTED:
	case -ENOKEY:
		hint = "this kernel takes signed modules only: sign it with a key that the kernel knows";
		break;
	default:
		hint = "`dmesg` tells why";
	}
	return suture_error_set(err, code, "cannot load the kernel module %s: %s (%s)", clean,
				strerror(-code), hint);
}

static int wait_for_device(struct suture_error *err)
{
	const struct timespec pause = { .tv_nsec = DEVICE_PAUSE_NS };
	int i;

	for (i = 0; i < DEVICE_TRIES; i++) {
		if (access(SUTURE_DEVICE, F_OK) == 0)
			return 0;
		nanosleep(&pause, NULL);
	}
	return suture_error_set(err, -ENODEV,
				"the module %s is loaded, but %s does not appear: is devtmpfs mounted on /dev, is this a container?",
				SUTURE_MODULE_NAME, SUTURE_DEVICE);
}

int suture_module_load(const char *path, struct suture_error *err)
{
	struct kmod_module *mod = NULL;
	struct kmod_ctx *ctx;
	int ret;

	ret = new_ctx(&ctx, err);
	if (ret)
		return ret;
	ret = get_module(ctx, path, &mod);
	if (ret) {
		load_error(ret, path, err);
		goto out_ctx;
	}
	if (path)
		ret = kmod_module_insert_module(mod, 0, NULL);
	else
		ret = kmod_module_probe_insert_module(mod, KMOD_PROBE_APPLY_BLACKLIST, NULL, NULL,
						      NULL, NULL);
	kmod_module_unref(mod);
	if (ret > 0) {		/* a blacklist's reason */
		ret = suture_error_set(err, -EPERM,
				       "cannot load the kernel module %s: modprobe's configuration blacklists it",
				       SUTURE_MODULE_NAME);
		goto out_ctx;
	}
	if (ret < 0 && ret != -EEXIST) {
		load_error(ret, path, err);
		goto out_ctx;
	}
	ret = wait_for_device(err);
out_ctx:
	kmod_unref(ctx);
	return ret;
}
