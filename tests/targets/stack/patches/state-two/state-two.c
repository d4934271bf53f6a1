// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("2.0", "test: takes state 7 over, as version 2");
SUTURE_REPLACES_ALL;

static struct {
	long calls, before;
	unsigned int from;
} state;

SUTURE_STATE(7, 2, state);

static int take_over(void)
{
	long *old = SUTURE_STATE_PREVIOUS(7);

	state.from = SUTURE_STATE_PREVIOUS_VERSION(7);
	state.before = old ? *old : -1;
	return 0;
}
SUTURE_PRE_PATCH(take_over);

static int new_one(int x)
{
	state.calls++;
	return x + 1;
}

/* 0: calls before, 1: calls since, 2: version taken over, 3: what is handed over now */
static long new_tell(int what)
{
	switch (what) {
	case 0:
		return state.before;
	case 1:
		return state.calls;
	case 2:
		return state.from;
	default:
		return (long)SUTURE_STATE_PREVIOUS(7);
	}
}

SUTURE_REPLACE(one, new_one);
SUTURE_REPLACE(tell, new_tell);
