/* SPDX-License-Identifier: GPL-2.0 */
/* Versions of patches, in order. As spm.h: plain C for the kernel and for user space. */
#ifndef _SUTURE_SPM_VERSION_H
#define _SUTURE_SPM_VERSION_H

/*
 * spm_version_compare - below 0, 0, above 0: @a is older than, as old as, newer than @b
 * As dpkg compares upstream versions: numbers as numbers, 1.10 is newer than 1.9; ~ is
 * before everything, also the end, so 2.0~rc1 is older than 2.0; letters are before other
 * characters.
 */
int spm_version_compare(const char *a, const char *b);

#endif /* _SUTURE_SPM_VERSION_H */
