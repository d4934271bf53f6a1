/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SUTURE_TEST_LIMIT_H
#define _SUTURE_TEST_LIMIT_H

#ifdef __cplusplus
extern "C" {
#endif

/* what cb makes of x (without cb: x), at most 10; new (exceptions): at most 1000 */
int limit(int x, int (*cb)(int));

#ifdef __cplusplus
}
#endif

#endif /* _SUTURE_TEST_LIMIT_H */
