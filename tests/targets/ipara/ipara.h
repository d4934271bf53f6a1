/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SUTURE_TEST_IPARA_H
#define _SUTURE_TEST_IPARA_H

/* A caller with many integers, and one with many doubles, in registers across
 * calls of a static function that happens not to touch them. */
long ipara_ints(long a, long b, long c, long d, long e);
double ipara_doubles(double a, double b, double c, double d, double e);

/* where the static functions are, for the naive replacement */
extern long (*const ipara_leaf_at)(long);
extern double (*const ipara_leafd_at)(double);

#endif /* _SUTURE_TEST_IPARA_H */
