/* SPDX-License-Identifier: GPL-2.0 */
/* A second opinion on revocation lists and on the order of versions. */
#ifndef SPM_LIST_H
#define SPM_LIST_H

#include "spm-revoke.h"

/* doubt_list - NULL, or what is wrong with a list that was accepted */
const char *doubt_list(const struct spm_revocations *list, const char *text, size_t len);

/* doubt_order - NULL, or what is wrong with how these three are ordered */
const char *doubt_order(const char *a, const char *b, const char *c);

#endif /* SPM_LIST_H */
