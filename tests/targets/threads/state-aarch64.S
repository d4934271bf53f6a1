/* SPDX-License-Identifier: GPL-2.0 */
/* See state-aarch64.c. cbnz leaves the flags alone. */
	.arch	armv8.2-a+sve
	.set	FPCR, 256
	.set	SVE, 272
	.set	VEC, 288
	.set	PRED, 288 + 32 * 256

	.macro	z_all op
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22, \
		23,24,25,26,27,28,29,30,31
	\op	z\n, [x2, \n, mul vl]
	.endr
	.endm

	.macro	p_all op
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	\op	p\n, [x3, \n, mul vl]
	.endr
	.endm

	.macro	q_all op
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22, \
		23,24,25,26,27,28,29,30,31
	\op	q\n, [x2, 16 * \n]
	.endr
	.endm

	/* x0 is the base, and not among them */
	.macro	x_all op
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	\op	x\n, [x0, 8 * \n]
	.endr
	.endm

	.text
	.globl	state_spin
	.type	state_spin, %function
	.p2align 4
state_spin:
	stp	x29, x30, [sp, -192]!
	stp	x19, x20, [sp, 16]
	stp	x21, x22, [sp, 32]
	stp	x23, x24, [sp, 48]
	stp	x25, x26, [sp, 64]
	stp	x27, x28, [sp, 80]
	stp	d8, d9, [sp, 96]
	stp	d10, d11, [sp, 112]
	stp	d12, d13, [sp, 128]
	stp	d14, d15, [sp, 144]
	stp	x1, x18, [sp, 160]
	ldp	x2, x3, [x0, FPCR]
	msr	fpcr, x2
	msr	fpsr, x3
	add	x2, x0, VEC
	mov	x3, PRED
	add	x3, x0, x3
	ldr	x4, [x0, SVE]
	str	x4, [sp, 184]
	cbz	x4, 1f
	ldr	p0, [x3, 16, mul vl]
	wrffr	p0.b
	z_all	ldr
	p_all	ldr
	b	2f
1:	q_all	ldr
2:	ldr	x1, [x0, 8 * 31]
	msr	nzcv, x1
	x_all	ldr
	ldr	x0, [x0]
3:	sub	x18, x18, 1
	cbnz	x18, 3b
	str	x0, [sp, 176]
	ldr	x0, [sp, 160]
	x_all	str
	mrs	x1, nzcv
	str	x1, [x0, 8 * 31]
	ldr	x1, [sp, 176]
	str	x1, [x0]
	mrs	x2, fpcr
	mrs	x3, fpsr
	stp	x2, x3, [x0, FPCR]
	msr	fpcr, xzr
	add	x2, x0, VEC
	mov	x3, PRED
	add	x3, x0, x3
	ldr	x4, [sp, 184]
	cbz	x4, 4f
	p_all	str
	rdffr	p0.b
	str	p0, [x3, 16, mul vl]
	z_all	str
	b	5f
4:	q_all	str
5:	ldp	x1, x18, [sp, 160]
	ldp	d14, d15, [sp, 144]
	ldp	d12, d13, [sp, 128]
	ldp	d10, d11, [sp, 112]
	ldp	d8, d9, [sp, 96]
	ldp	x27, x28, [sp, 80]
	ldp	x25, x26, [sp, 64]
	ldp	x23, x24, [sp, 48]
	ldp	x21, x22, [sp, 32]
	ldp	x19, x20, [sp, 16]
	ldp	x29, x30, [sp], 192
	ret
	.size	state_spin, . - state_spin

	.globl	state_vl
	.type	state_vl, %function
state_vl:
	rdvl	x0, 1
	ret
	.size	state_vl, . - state_vl

	.globl	red_zone_spin
	.type	red_zone_spin, %function
red_zone_spin:
	/* 16 words of (x0 + 0x1234567 + i * 0x1111) */
	ldr	x1, =0x1234567
	add	x1, x1, x0
	mov	x2, 0x1111
	mov	x3, 1
1:	madd	x4, x3, x2, x1
	sub	x5, sp, x3, lsl 3
	str	x4, [x5]
	add	x3, x3, 1
	cmp	x3, 17
	b.ne	1b
	mov	x6, x0
2:	sub	x6, x6, 1
	cbnz	x6, 2b
	mov	x0, 0
	mov	x3, 1
3:	madd	x4, x3, x2, x1
	sub	x5, sp, x3, lsl 3
	ldr	x5, [x5]
	cmp	x4, x5
	cinc	x0, x0, ne
	add	x3, x3, 1
	cmp	x3, 17
	b.ne	3b
	ret
	.size	red_zone_spin, . - red_zone_spin

	.section .note.GNU-stack, "", %progbits
