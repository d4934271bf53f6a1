// SPDX-License-Identifier: GPL-2.0
/* Each function gives 10000 more than the old one, which it calls. */
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: the old functions, whatever they begin with");
SUTURE_LICENSE("GPL-2.0");
SUTURE_IMMEDIATE;

#define MORE(name)						\
	extern int name(int);					\
	static int new_##name(int x)				\
	{							\
		return SUTURE_ORIGINAL(name)(x) + 10000;	\
	}							\
	SUTURE_REPLACE(name, new_##name)

MORE(by_adr);
MORE(by_adrp);
MORE(by_ldr_w);
MORE(by_ldr_x);
MORE(by_ldrsw);
MORE(by_ldr_s);
MORE(by_ldr_d);
MORE(by_ldr_q);
MORE(by_prfm);
MORE(by_cbz);
MORE(by_cbnz);
MORE(by_tbz);
MORE(by_tbnz);
MORE(by_cond);
MORE(by_jump);
MORE(by_loop);
MORE(by_pad_adr);
MORE(by_pad_cbz);
MORE(by_signed);
MORE(by_signed_b);
