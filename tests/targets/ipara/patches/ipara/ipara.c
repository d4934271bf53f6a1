// SPDX-License-Identifier: GPL-2.0
/* Both new functions destroy every register that the calling convention lets a
 * function destroy; the old ones touch a few. */
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: new functions that use more registers than the old");
SUTURE_LICENSE("GPL-2.0");

static long new_leaf(long x)
{
	asm volatile("xor %%ecx,%%ecx; xor %%edx,%%edx; xor %%esi,%%esi; xor %%r8d,%%r8d;"
		     "xor %%r9d,%%r9d; xor %%r10d,%%r10d; xor %%r11d,%%r11d"
		     ::: "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "cc");
	asm volatile("xor %%edi,%%edi" : "+a" (x) : : "rdi", "cc");
	return x + 1001;
}

static double new_leafd(double x)
{
	asm volatile("pxor %%xmm1,%%xmm1; pxor %%xmm2,%%xmm2; pxor %%xmm3,%%xmm3;"
		     "pxor %%xmm4,%%xmm4; pxor %%xmm5,%%xmm5; pxor %%xmm6,%%xmm6;"
		     "pxor %%xmm7,%%xmm7; pxor %%xmm8,%%xmm8; pxor %%xmm9,%%xmm9;"
		     "pxor %%xmm10,%%xmm10; pxor %%xmm11,%%xmm11; pxor %%xmm12,%%xmm12;"
		     "pxor %%xmm13,%%xmm13; pxor %%xmm14,%%xmm14; pxor %%xmm15,%%xmm15"
		     ::: "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
		     "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
	return x + 1001;
}

SUTURE_REPLACE(leaf, new_leaf);
SUTURE_REPLACE(leafd, new_leafd);
