// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: bump() counts by ten in the target's own static data");
SUTURE_LICENSE("GPL-2.0");

/* both static in the target */
extern int bump_count;
extern int bump_words[4];

/* data of the patch itself: each process has its own */
static int step = 10;
static int *const where[] = { &bump_count, &bump_words[0] };

static int new_bump(void)
{
	for (unsigned int i = 0; i < sizeof(where) / sizeof(where[0]); i++)
		*where[i] += *(volatile int *)&step;
	return bump_count;
}

SUTURE_REPLACE(bump, new_bump);
