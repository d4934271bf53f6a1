/* SPDX-License-Identifier: GPL-2.0 */
/* int NAME(int x): entries of which the first instruction, or that behind the landing pad,
 * refers to something relative to itself. What they give is in forms.h. */
	.arch	armv8.5-a
	.macro	begin name
	.globl	\name
	.type	\name, %function
	.p2align 4
\name:
	.cfi_startproc
	.endm

	.macro	end name
	.cfi_endproc
	.size	\name, . - \name
	.endm

	.data
	.p2align 3
thousand: .word	1000

	.text
	.p2align 4
here:	.quad	3000, 0
word:	.word	1000
minus:	.word	-2000
afar:	add	w0, w0, 7
	ret

	begin by_adr
	adr	x1, word
	ldr	w1, [x1]
	add	w0, w0, w1
	ret
	end by_adr

	begin by_adrp
	adrp	x1, thousand
	ldr	w1, [x1, :lo12:thousand]
	add	w0, w0, w1
	ret
	end by_adrp

	begin by_ldr_w
	ldr	w1, word
	add	w0, w0, w1
	ret
	end by_ldr_w

	begin by_ldr_x
	ldr	x1, here
	add	w0, w0, w1
	ret
	end by_ldr_x

	begin by_ldrsw
	ldrsw	x1, minus
	add	x0, x1, w0, uxtw
	ret
	end by_ldrsw

	begin by_ldr_s
	ldr	s0, word
	fmov	w1, s0
	add	w0, w0, w1
	ret
	end by_ldr_s

	begin by_ldr_d
	ldr	d0, here
	fmov	x1, d0
	add	w0, w0, w1
	ret
	end by_ldr_d

	begin by_ldr_q
	ldr	q0, here
	fmov	x1, d0
	add	w0, w0, w1
	ret
	end by_ldr_q

	begin by_prfm
	prfm	pldl1keep, word
	add	w0, w0, 1
	ret
	end by_prfm

	begin by_cbz
	cbz	w0, afar
	add	w0, w0, 1
	ret
	end by_cbz

	begin by_cbnz
	cbnz	w0, afar
	add	w0, w0, 1
	ret
	end by_cbnz

	begin by_tbz
	tbz	w0, 2, afar
	add	w0, w0, 1
	ret
	end by_tbz

	begin by_tbnz
	tbnz	w0, 2, afar
	add	w0, w0, 1
	ret
	end by_tbnz

	/* whatever the flags are */
	begin by_cond
	b.eq	1f
1:	add	w0, w0, 1
	ret
	end by_cond

	begin by_jump
	b	afar
	nop
	end by_jump

	/* the entry is the head of a loop */
	begin by_loop
1:	sub	w0, w0, 3
	cmp	w0, 3
	b.ge	1b
	ret
	end by_loop

	begin by_pad_adr
	bti	c
	adr	x1, word
	ldr	w1, [x1]
	add	w0, w0, w1
	ret
	end by_pad_adr

	begin by_pad_cbz
	bti	c
	cbz	w0, afar
	add	w0, w0, 1
	ret
	end by_pad_cbz

	begin by_signed
	paciasp
	.cfi_negate_ra_state
	ldr	w1, word
	add	w0, w0, w1
	autiasp
	.cfi_negate_ra_state
	ret
	end by_signed

	begin by_signed_b
	.cfi_b_key_frame
	pacibsp
	.cfi_negate_ra_state
	ldr	w1, word
	add	w0, w0, w1
	autibsp
	.cfi_negate_ra_state
	ret
	end by_signed_b

	.section .note.GNU-stack, "", %progbits
