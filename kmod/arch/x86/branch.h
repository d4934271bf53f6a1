/* SPDX-License-Identifier: GPL-2.0 */
/* jmp rel32 */
#define SUTURE_BRANCH_LEN	5
