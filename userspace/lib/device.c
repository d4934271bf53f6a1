// SPDX-License-Identifier: GPL-2.0-only
/* /dev/suture: one function an ioctl of kmod/uapi/suture.h. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device.h"
#include "text.h"

/* The module's own words where it has some, else errno's. */
static int ioctl_error(struct suture_error *err, int code, const char *what, char *message)
{
	char clean[4 * SUTURE_MESSAGE_MAX];

	if (!message || !*message)
		return suture_error_set(err, code, "%s: %s", what, strerror(-code));
	message[SUTURE_MESSAGE_MAX - 1] = '\0';
	suture_text_clean_buf(message, 0, clean, sizeof(clean));
	return suture_error_set(err, code, "%s: %s", what, clean);
}

static int set_name(char dst[SUTURE_NAME_MAX], const char *name, struct suture_error *err)
{
	size_t len = strlen(name);

	if (!len || len >= SUTURE_NAME_MAX)
		return suture_error_set(err, -EINVAL,
					"a patch's name has 1 to %d characters, not %zu",
					SUTURE_NAME_MAX - 1, len);
	memcpy(dst, name, len + 1);
	return 0;
}

int suture_device_version(int dev, struct suture_ioc_version *ret, struct suture_error *err)
{
	memset(ret, 0, sizeof(*ret));
	ret->size = sizeof(*ret);
	if (ioctl(dev, SUTURE_IOC_VERSION, ret) < 0)
		return ioctl_error(err, -errno, "cannot ask suture.ko for its version", NULL);
	ret->version[sizeof(ret->version) - 1] = '\0';
	return 0;
}

int suture_device_open(struct suture_error *err)
{
	struct suture_ioc_version version;
	int dev, ret;

	dev = open(SUTURE_DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0) {
		ret = -errno;
		if (ret == -ENOENT || ret == -ENODEV || ret == -ENXIO)
			return suture_error_set(err, -ENOENT,
						"%s is not there: suture.ko is not loaded (`suture doctor` tells why, `suture apply` loads it)",
						SUTURE_DEVICE);
		if (ret == -EACCES || ret == -EPERM)
			return suture_error_set(err, ret,
						"cannot open %s: %s; run suture as root (CAP_SYS_ADMIN)",
						SUTURE_DEVICE, strerror(-ret));
		return suture_error_set(err, ret, "cannot open %s: %s", SUTURE_DEVICE,
					strerror(-ret));
	}

	ret = suture_device_version(dev, &version, err);
	if (!ret && (version.abi != SUTURE_ABI || version.note_format != SUTURE_NOTE_FORMAT))
		ret = suture_error_set(err, -EPROTO,
				       "the loaded suture.ko speaks ABI %u and note format %u, this suture ABI %u and format %u: install both from one release and reload the module",
				       version.abi, version.note_format, SUTURE_ABI,
				       SUTURE_NOTE_FORMAT);
	if (ret) {
		close(dev);
		return ret;
	}
	return dev;
}

int suture_device_load(int dev, int spm_fd, const struct suture_ioc_file *files, size_t nr,
		       uint32_t flags, const struct suture_scope *scope,
		       struct suture_ioc_load *ret_load, struct suture_error *err)
{
	int ret = 0;

	*ret_load = (struct suture_ioc_load){
		.size = sizeof(*ret_load),
		.flags = flags,
		.fd = spm_fd,
		.nr_files = nr,
		.files = (uintptr_t)files,
		.nr_rules = scope ? scope->nr : 0,
		.rules = scope ? (uintptr_t)scope->rules : 0,
		.canary = scope ? scope->canary : 0,
	};

	if (!nr || nr > SUTURE_MAX_FILES)
		return suture_error_set(err, -E2BIG,
					"%zu files carry the patch's objects, the module takes 1 to %d",
					nr, SUTURE_MAX_FILES);
	if (scope && scope->nr > SUTURE_MAX_RULES)
		return suture_error_set(err, -E2BIG,
					"%zu rules (with those of the policy), the module takes at most %d",
					scope->nr, SUTURE_MAX_RULES);
	if (ioctl(dev, SUTURE_IOC_LOAD, ret_load) < 0)
		ret = ioctl_error(err, -errno, "the kernel did not load the patch",
				  ret_load->message);
	ret_load->name[SUTURE_NAME_MAX - 1] = '\0';
	ret_load->message[SUTURE_MESSAGE_MAX - 1] = '\0';
	return ret;
}

int suture_device_revert(int dev, const char *name, uint32_t flags, struct suture_error *err)
{
	struct suture_ioc_revert revert = { .size = sizeof(revert), .flags = flags };
	int ret;

	ret = set_name(revert.name, name, err);
	if (ret)
		return ret;
	if (ioctl(dev, SUTURE_IOC_REVERT, &revert) < 0)
		return ioctl_error(err, -errno, "the kernel does not revert the patch",
				   revert.message);
	return 0;
}

int suture_device_promote(int dev, const char *name, struct suture_error *err)
{
	struct suture_ioc_promote promote = { .size = sizeof(promote) };
	int ret;

	ret = set_name(promote.name, name, err);
	if (ret)
		return ret;
	if (ioctl(dev, SUTURE_IOC_PROMOTE, &promote) < 0)
		return ioctl_error(err, -errno, "the kernel does not promote the patch",
				   promote.message);
	return 0;
}

int suture_device_wait(int dev, const char *name, uint32_t timeout_ms, struct suture_error *err)
{
	struct suture_ioc_wait wait = { .size = sizeof(wait), .timeout_ms = timeout_ms };
	int ret;

	ret = set_name(wait.name, name, err);
	if (ret)
		return ret;
	if (ioctl(dev, SUTURE_IOC_WAIT, &wait) == 0)
		return 0;
	ret = -errno;
	if (ret == -ENOENT || ret == -ETIMEDOUT || ret == -EINTR)
		return ret;
	return ioctl_error(err, ret, "cannot wait for the transition", NULL);
}

int suture_device_procs(int dev, const char *name, struct suture_proc **ret, size_t *ret_nr,
			struct suture_error *err)
{
	struct suture_ioc_procs procs;
	struct suture_proc *list = NULL, *grown;
	size_t room = 64, i;
	int r;

	/* Processes start meanwhile: leave room for some, and ask again when it was short. */
	for (;;) {
		grown = reallocarray(list, room, sizeof(*list));
		if (!grown) {
			r = suture_error_nomem(err);
			goto err_free;
		}
		list = grown;
		memset(list, 0, room * sizeof(*list));

		memset(&procs, 0, sizeof(procs));
		procs.size = sizeof(procs);
		procs.procs = (uintptr_t)list;
		procs.nr = room;
		r = set_name(procs.name, name, err);
		if (r)
			goto err_free;
		if (ioctl(dev, SUTURE_IOC_PROCS, &procs) < 0) {
			r = ioctl_error(err, -errno, "cannot list the processes of the patch", NULL);
			goto err_free;
		}
		if (procs.nr <= room)
			break;
		room = procs.nr + procs.nr / 8 + 16;
	}

	for (i = 0; i < procs.nr; i++) {
		list[i].comm[sizeof(list[i].comm) - 1] = '\0';
		list[i].thread_comm[sizeof(list[i].thread_comm) - 1] = '\0';
	}
	*ret = list;
	*ret_nr = procs.nr;
	return 0;

err_free:
	free(list);
	return r;
}

static void patch_terminate(struct suture_ioc_patch *patch)
{
	patch->name[sizeof(patch->name) - 1] = '\0';
	patch->version[sizeof(patch->version) - 1] = '\0';
	patch->path[sizeof(patch->path) - 1] = '\0';
	patch->replaced_by[sizeof(patch->replaced_by) - 1] = '\0';
}

int suture_device_patch(int dev, const char *name, struct suture_ioc_patch *ret,
			struct suture_error *err)
{
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->size = sizeof(*ret);
	ret->flags = SUTURE_PATCH_BY_NAME;
	r = set_name(ret->name, name, err);
	if (r)
		return r;
	if (ioctl(dev, SUTURE_IOC_PATCH, ret) < 0) {
		if (errno == ENOENT)
			return suture_error_set(err, -ENOENT, "no such patch is loaded (`suture list` names those that are)");
		return ioctl_error(err, -errno, "cannot ask for the patch", NULL);
	}
	patch_terminate(ret);
	return 0;
}

int suture_device_patches(int dev, struct suture_ioc_patch **ret, size_t *ret_nr,
			  struct suture_error *err)
{
	struct suture_ioc_patch *list = NULL, *grown;
	size_t nr = 0, room = 0;
	int r;

	for (;;) {
		if (nr == room) {
			room = room ? 2 * room : 8;
			grown = reallocarray(list, room, sizeof(*list));
			if (!grown) {
				r = suture_error_nomem(err);
				goto err_free;
			}
			list = grown;
		}
		memset(&list[nr], 0, sizeof(list[nr]));
		list[nr].size = sizeof(list[nr]);
		list[nr].index = nr;
		if (ioctl(dev, SUTURE_IOC_PATCH, &list[nr]) < 0) {
			if (errno == ENOENT)
				break;
			r = ioctl_error(err, -errno, "cannot list the patches", NULL);
			goto err_free;
		}
		patch_terminate(&list[nr]);
		nr++;
	}
	*ret = list;
	*ret_nr = nr;
	return 0;

err_free:
	free(list);
	return r;
}

int suture_device_revoke(int dev, int list_fd, struct suture_ioc_revoke *ret,
			 char (**names)[SUTURE_NAME_MAX], size_t *ret_nr, struct suture_error *err)
{
	char (*list)[SUTURE_NAME_MAX] = calloc(SUTURE_MAX_REVOKED, SUTURE_NAME_MAX);
	size_t i;
	int r;

	if (!list)
		return suture_error_nomem(err);
	memset(ret, 0, sizeof(*ret));
	ret->size = sizeof(*ret);
	ret->fd = list_fd;
	ret->names = (uintptr_t)list;
	ret->nr_names = SUTURE_MAX_REVOKED;
	if (ioctl(dev, SUTURE_IOC_REVOKE, ret) < 0) {
		r = ioctl_error(err, -errno, "the kernel does not take the list", ret->message);
		free(list);
		return r;
	}
	ret->message[SUTURE_MESSAGE_MAX - 1] = '\0';
	*ret_nr = ret->nr_names < SUTURE_MAX_REVOKED ? ret->nr_names : SUTURE_MAX_REVOKED;
	for (i = 0; i < *ret_nr; i++)
		list[i][SUTURE_NAME_MAX - 1] = '\0';
	*names = list;
	return 0;
}

int suture_device_floors(int dev, struct suture_ioc_floor **ret, size_t *ret_nr,
			 struct suture_error *err)
{
	struct suture_ioc_floor *list = calloc(SUTURE_MAX_FLOORS, sizeof(*list));
	size_t nr;
	int r;

	if (!list)
		return suture_error_nomem(err);
	for (nr = 0; nr < SUTURE_MAX_FLOORS; nr++) {
		list[nr].size = sizeof(list[nr]);
		list[nr].index = nr;
		if (ioctl(dev, SUTURE_IOC_FLOOR, &list[nr]) < 0) {
			if (errno == ENOENT)
				break;
			r = ioctl_error(err, -errno, "cannot list the versions that were seen", NULL);
			free(list);
			return r;
		}
		list[nr].name[sizeof(list[nr].name) - 1] = '\0';
		list[nr].version[sizeof(list[nr].version) - 1] = '\0';
	}
	*ret = list;
	*ret_nr = nr;
	return 0;
}

int suture_device_floor_raise(int dev, const char *name, const char *version,
			      struct suture_error *err)
{
	struct suture_ioc_floor floor = { .size = sizeof(floor), .flags = SUTURE_FLOOR_RAISE };
	int r = set_name(floor.name, name, err);

	if (r)
		return r;
	if (strlen(version) >= sizeof(floor.version))
		return suture_error_set(err, -E2BIG, "%s: the version is too long to be remembered",
					name);
	strcpy(floor.version, version);
	if (ioctl(dev, SUTURE_IOC_FLOOR, &floor) < 0)
		return ioctl_error(err, -errno, "the kernel does not remember the version", NULL);
	return 0;
}
