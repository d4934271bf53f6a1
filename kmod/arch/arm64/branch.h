/* SPDX-License-Identifier: GPL-2.0 */
/* b */
#define SUTURE_BRANCH_LEN	4
