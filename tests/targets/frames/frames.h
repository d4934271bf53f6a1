/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SUTURE_TEST_FRAMES_H
#define _SUTURE_TEST_FRAMES_H

typedef int (*frames_cb)(void *arg);

/* calls cb, if there is one, and stays on the stack meanwhile; adds 1 to what it
 * returns (else 0); new (frames, frames-two): adds 20; new (frames-needed): 10 extra() */
int visit(frames_cb cb, void *arg);

/* x + 1; new (frames-two): x + 2 */
int second(int x);

/* 3, of libextra.so, which nobody is linked with */
int extra(void);

#endif /* _SUTURE_TEST_FRAMES_H */
