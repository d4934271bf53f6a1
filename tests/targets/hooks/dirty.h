/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SUTURE_TEST_DIRTY_H
#define _SUTURE_TEST_DIRTY_H

#ifdef __aarch64__

/* Other values in all vector and predicate registers, and other modes. */
static inline void dirty_registers(void)
{
	unsigned long id;

	__asm__ volatile("mrs %0, id_aa64pfr0_el1" : "=r"(id));
	__asm__ volatile(".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,"
			 "24,25,26,27,28,29,30,31\n"
			 "movi v\\n\\().16b, 0xff\n.endr" : : : "memory");
	if (id >> 32 & 15)
		__asm__ volatile(".arch_extension sve\n"
				 ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,"
				 "23,24,25,26,27,28,29,30,31\n"
				 "dup z\\n\\().b, -1\n.endr\n"
				 ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
				 "ptrue p\\n\\().b\n.endr\n"
				 "setffr" : : : "memory");
	__asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" : : "r"(0x03c00000UL), "r"(0x0800009fUL));
	/* the mode that this very code wants; the other registers stay spoilt */
	__asm__ volatile("msr fpcr, xzr");
}

#else

/* XCR0: 4 is AVX, 0xe0 AVX-512; 0 without xsave. */
static inline unsigned int dirty_xcr0(void)
{
	unsigned int a = 1, b, c, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
	if (!(c >> 27 & 1))
		return 0;
	__asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	return a;
}

/* Other values in all vector registers, masks and x87 registers, and other modes. */
static inline void dirty_registers(void)
{
	static const unsigned int mxcsr = 0x7f80;
	static const unsigned short fcw = 0x0c7f;
	unsigned int have = dirty_xcr0();

	__asm__ volatile("fninit; fldpi; fldl2e; fldcw %0; ldmxcsr %1" : : "m"(fcw), "m"(mxcsr));
	__asm__ volatile(".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
			 "pcmpeqb %%xmm\\n, %%xmm\\n\n.endr" : : : "memory");
	if (have & 4)
		__asm__ volatile("vzeroall\n"
				 ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
				 "vcmptrueps %%ymm\\n, %%ymm\\n, %%ymm\\n\n.endr" : : : "memory");
	if ((have & 0xe0) == 0xe0)
		__asm__ volatile("kxnorw %%k0, %%k0, %%k1\n"
				 ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
				 "vpternlogd $0xff, %%zmm\\n, %%zmm\\n, %%zmm\\n\n.endr\n"
				 ".irp n, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
				 "vpternlogd $0xff, %%zmm\\n, %%zmm\\n, %%zmm\\n\n.endr"
				 : : : "memory");
	/* the modes that this very code wants; xmm registers stay spoilt */
	__asm__ volatile("fninit");
}

#endif

#endif /* _SUTURE_TEST_DIRTY_H */
