// SPDX-License-Identifier: GPL-2.0
/* shadow-fix2 without the hook that takes over what shadow-fix1 has kept. */
#include <suture/patch.h>

#undef SUTURE_PRE_PATCH
#define SUTURE_PRE_PATCH(fn)	static int (*volatile forgotten)(void) __attribute__((unused)) = fn

#include "../shadow-fix2/shadow-fix2.c"
