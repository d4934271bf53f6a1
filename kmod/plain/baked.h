/* SPDX-License-Identifier: GPL-2.0 */
/* For a module that is made by the kernel's make alone. tests/vm/build-kmod puts another one
 * beside the sources, which comes first. */
#define SUTURE_MADE_AT		0LL	/* seconds; the clock is believed whatever it says */
#define SUTURE_RELEASE		false
#define SUTURE_BAKED_CERTS
