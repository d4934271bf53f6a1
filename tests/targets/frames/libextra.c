// SPDX-License-Identifier: GPL-2.0
#include "frames.h"

static volatile int three = 3;

int extra(void)
{
	return three;
}
