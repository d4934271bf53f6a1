// SPDX-License-Identifier: GPL-2.0
/* Wants the place of shadow-fix1 and knows nothing of its state: it is to be refused. */
#include <suture/patch.h>

#include "../../sessions.h"

SUTURE_PATCH("3.0", "test: a patch that would forget the state of another");
SUTURE_LICENSE("GPL-2.0");

static unsigned long other_use(struct session *session)
{
	return session->number + 1;
}

SUTURE_REPLACES("shadow-fix1");
SUTURE_REPLACE(session_use, other_use);
