/* SPDX-License-Identifier: GPL-2.0 */
/* What a thread has in its registers while it spins, and what it had before. */
#ifndef _SUTURE_TEST_STATE_H
#define _SUTURE_TEST_STATE_H

#define STATE_LOOPS 20000

/*
 * state_round - put values made of @seed into all registers, count one of them down,
 * and look at all of them again
 * NULL, or what is another than before, and its number.
 */
const char *state_round(unsigned int seed, int *ret_number);

/* red_zone_spin - keep 16 words below the stack pointer for @loops; how many changed */
long red_zone_spin(long loops);

#endif /* _SUTURE_TEST_STATE_H */
