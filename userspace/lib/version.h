/* SPDX-License-Identifier: GPL-2.0-only */
/* Versions of patches, in order. */
#ifndef SUTURE_VERSION_COMPARE_H
#define SUTURE_VERSION_COMPARE_H

/*
 * suture_version_compare - below 0, 0, above 0: @a is older than, as old as, newer than @b
 * As dpkg compares: numbers as numbers, 1.10 is newer than 1.9; ~ is before everything,
 * also the end, so 2.0~rc1 is older than 2.0; letters are before other characters.
 */
int suture_version_compare(const char *a, const char *b);

#endif /* SUTURE_VERSION_COMPARE_H */
