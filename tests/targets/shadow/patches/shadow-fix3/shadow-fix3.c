// SPDX-License-Identifier: GPL-2.0
/* shadow-fix2 as a cumulative patch: it takes the place of all that are loaded. */
#include <suture/patch.h>

#undef SUTURE_REPLACES
#define SUTURE_REPLACES(name)	SUTURE_REPLACES_ALL

#include "../shadow-fix2/shadow-fix2.c"
