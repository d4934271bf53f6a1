/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SUTURE_TEST_GUARDED_H
#define _SUTURE_TEST_GUARDED_H

typedef int (*guarded_cb)(void *arg);

int leaf(int x);			/* begins with bti c: x + 1 */
int outer(guarded_cb cb, void *arg);	/* begins with paciasp: cb(arg) + 2 */
int direct(int x);			/* calls plain(), which has no landing pad: x + 4 */
int imports(const char *text);		/* atoi(text) + 8, through the PLT */
extern int (*const outer_at)(guarded_cb cb, void *arg);
extern int (*const leaf_at)(int x);
void *plain_at(void);

#endif /* _SUTURE_TEST_GUARDED_H */
