// SPDX-License-Identifier: GPL-2.0
/* patches/navigation-origin without its hook: a mutant that a scenario must notice. */
#include <suture/patch.h>

#undef SUTURE_POST_UNPATCH
#define SUTURE_POST_UNPATCH(fn) \
	static void (*volatile left_out)(void) __attribute__((unused)) = fn

#include "../../../../../patches/navigation-origin/navigation-origin.c"
