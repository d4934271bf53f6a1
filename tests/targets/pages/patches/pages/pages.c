// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: libraries that are aligned for pages of several sizes");
SUTURE_LICENSE("GPL-2.0");
SUTURE_IMMEDIATE;
SUTURE_ANY_TARGET;

extern int pages4(int), pages16(int), pages64(int);

static int new_4(int x)
{
	return SUTURE_ORIGINAL(pages4)(x) + 1000;
}
SUTURE_REPLACE(pages4, new_4);

static int new_16(int x)
{
	return SUTURE_ORIGINAL(pages16)(x) + 1000;
}
SUTURE_REPLACE(pages16, new_16);

static int new_64(int x)
{
	return SUTURE_ORIGINAL(pages64)(x) + 1000;
}
SUTURE_REPLACE(pages64, new_64);
