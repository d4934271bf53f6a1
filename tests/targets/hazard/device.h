/* SPDX-License-Identifier: GPL-2.0 */
/* The ioctls of /dev/suture, as functions: 0, or errno. */
#ifndef _SUTURE_TEST_DEVICE_H
#define _SUTURE_TEST_DEVICE_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "uapi/suture.h"

#define DEVICE_WAIT_MS 60000

struct device {
	int fd;
	char name[SUTURE_NAME_MAX];		/* of the patch that was loaded last */
	char message[SUTURE_MESSAGE_MAX];	/* why it failed */
};

static inline int device_open(struct device *dev)
{
	memset(dev, 0, sizeof(*dev));
	dev->fd = open(SUTURE_DEVICE, O_RDWR | O_CLOEXEC);
	return dev->fd < 0 ? errno : 0;
}

static inline int device_load(struct device *dev, int spm, const struct suture_ioc_file *files,
			      unsigned int nr)
{
	struct suture_ioc_load l = { .size = sizeof(l), .fd = spm, .nr_files = nr,
				     .files = (uintptr_t)files };
	int err = ioctl(dev->fd, SUTURE_IOC_LOAD, &l) ? errno : 0;

	if (l.name[0])
		memcpy(dev->name, l.name, sizeof(dev->name));
	memcpy(dev->message, l.message, sizeof(dev->message));
	return err;
}

/* 0: it is applied, ENOENT: it is gone, ETIMEDOUT */
static inline int device_wait(struct device *dev)
{
	struct suture_ioc_wait w = { .size = sizeof(w), .timeout_ms = DEVICE_WAIT_MS };

	strcpy(w.name, dev->name);
	return ioctl(dev->fd, SUTURE_IOC_WAIT, &w) ? errno : 0;
}

static inline int device_revert(struct device *dev)
{
	struct suture_ioc_revert r = { .size = sizeof(r) };
	int err;

	strcpy(r.name, dev->name);
	err = ioctl(dev->fd, SUTURE_IOC_REVERT, &r) ? errno : 0;
	memcpy(dev->message, r.message, sizeof(dev->message));
	return err;
}

/* *nr: room, then how many there are */
static inline int device_procs(struct device *dev, struct suture_proc *procs, unsigned int *nr)
{
	struct suture_ioc_procs q = { .size = sizeof(q), .procs = (uintptr_t)procs, .nr = *nr };
	int err;

	strcpy(q.name, dev->name);
	err = ioctl(dev->fd, SUTURE_IOC_PROCS, &q) ? errno : 0;
	*nr = q.nr;
	return err;
}

#endif /* _SUTURE_TEST_DEVICE_H */
