// SPDX-License-Identifier: GPL-2.0
/* The Makefile compiles *_tsan.c with the thread sanitizer. */
#include "shadow_threads.c"
