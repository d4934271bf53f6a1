// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: a static function scales by 5 and adds 1");
SUTURE_LICENSE("GPL-2.0");

static int new_hidden_scale(int x)
{
	return 5 * x + 1;
}

SUTURE_REPLACE(hidden_scale, new_hidden_scale);
