/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SUTURE_TEST_LAYERS_H
#define _SUTURE_TEST_LAYERS_H

extern int layers_hooks[2];	/* how often pre_patch, post_patch have run */

int first(int x);		/* x + 1 */
int second(int x);		/* x + 2 */
int third(int x);		/* x + 3 */

#endif
