// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: coldly() has a part that lies elsewhere");
SUTURE_LICENSE("GPL-2.0");
SUTURE_QUIESCENT;

typedef int (*funcs_cb)(void *arg);

static int new_coldly(int x, funcs_cb cb, void *arg)
{
	if (x < 0)
		return cb(arg) + 20;
	return x + 2;
}

SUTURE_REPLACE(coldly, new_coldly);
