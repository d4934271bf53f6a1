// SPDX-License-Identifier: GPL-2.0
/* Stands on top of shadow-fix1, with a store of its own: it only counts uses. */
#include <stdatomic.h>

#include <suture/patch.h>
#include <suture/shadow.h>

#include "../../sessions.h"

SUTURE_PATCH("1.0", "test: count how often a session is used");
SUTURE_LICENSE("GPL-2.0");

#define SV_USES	2

static unsigned long counting_use(struct session *session)
{
	atomic_ulong *uses = suture_shadow_get_or_alloc(session, SV_USES, sizeof(*uses), NULL,
							NULL);

	if (uses)
		atomic_fetch_add(uses, 1);
	return session->number;
}

SUTURE_QUIESCENT;
SUTURE_REPLACE(session_use, counting_use);
