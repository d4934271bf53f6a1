/* SPDX-License-Identifier: GPL-2.0 */
/* Zeroes in all registers that a call may destroy, but those of the result: as new
 * functions may. */
#ifndef _SUTURE_TEST_CLOBBER_H
#define _SUTURE_TEST_CLOBBER_H

#ifdef __x86_64__

#define CLOBBER_INTS()									\
	asm volatile("xor %%ecx,%%ecx; xor %%edx,%%edx; xor %%esi,%%esi; xor %%r8d,%%r8d;"	\
		     "xor %%r9d,%%r9d; xor %%r10d,%%r10d; xor %%r11d,%%r11d"			\
		     ::: "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "cc")
/* and the first argument, which is in @x by now */
#define CLOBBER_ARG(x)	asm volatile("xor %%edi,%%edi" : "+a" (x) : : "rdi", "cc")
#define CLOBBER_DOUBLES()								\
	asm volatile("pxor %%xmm1,%%xmm1; pxor %%xmm2,%%xmm2; pxor %%xmm3,%%xmm3;"	\
		     "pxor %%xmm4,%%xmm4; pxor %%xmm5,%%xmm5; pxor %%xmm6,%%xmm6;"	\
		     "pxor %%xmm7,%%xmm7; pxor %%xmm8,%%xmm8; pxor %%xmm9,%%xmm9;"	\
		     "pxor %%xmm10,%%xmm10; pxor %%xmm11,%%xmm11; pxor %%xmm12,%%xmm12;"	\
		     "pxor %%xmm13,%%xmm13; pxor %%xmm14,%%xmm14; pxor %%xmm15,%%xmm15"	\
		     ::: "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",	\
		     "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15")

#else

#define CLOBBER_INTS()									\
	asm volatile(".irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17\n"		\
		     "mov x\\n, xzr\n.endr"						\
		     ::: "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10",	\
		     "x11", "x12", "x13", "x14", "x15", "x16", "x17", "cc")
#define CLOBBER_ARG(x)	asm volatile("" : "+r" (x))
#define CLOBBER_DOUBLES()								\
	asm volatile(".irp n, 1,2,3,4,5,6,7,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n" \
		     "movi v\\n\\().2d, 0\n.endr"						\
		     ::: "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18",	\
		     "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28",	\
		     "v29", "v30", "v31")

#endif

#endif /* _SUTURE_TEST_CLOBBER_H */
