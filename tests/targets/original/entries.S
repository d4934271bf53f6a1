/* SPDX-License-Identifier: GPL-2.0 */
/* Entries with what a branch over them displaces. */
	.macro begin name
	.globl	\name
	.type	\name, %function
	.p2align 4
\name:
	.cfi_startproc
	.endm

	.macro end name
	.cfi_endproc
	.size	\name, . - \name
	.endm

	.data
	.p2align 3
base:	.quad 1000
limit:	.quad 5

#ifdef __aarch64__
	.text
	begin by_word
	ldr	w1, 2f
	add	w0, w0, w1
	ret
2:	.word	1000
	end by_word

	begin by_compare
	adr	x1, 2f
	ldr	w1, [x1]
	cmp	w0, w1
	b.gt	1f
	lsl	w0, w0, 1
	ret
1:	sub	w0, w0, 100
	ret
2:	.word	5
	end by_compare

	/* a call cannot be the first instruction: the way back would be lost */
	begin by_call
	cbz	w0, 1f
	stp	x29, x30, [sp, -16]!
	.cfi_def_cfa_offset 16
	.cfi_offset 29, -16
	.cfi_offset 30, -8
	mov	x29, sp
	bl	triple
	ldp	x29, x30, [sp], 16
	.cfi_restore 29
	.cfi_restore 30
	.cfi_def_cfa_offset 0
1:	add	w0, w0, 1
	ret
	end by_call

	.type	triple, %function
triple:	.cfi_startproc
	add	w0, w0, w0, lsl 1
	ret
	.cfi_endproc
	.size	triple, . - triple

	begin by_pad
	bti	c
	adrp	x1, base
	ldr	x1, [x1, :lo12:base]
	add	w0, w0, w1
	add	w0, w0, 7
	ret
	end by_pad

	begin by_gate
	stp	x29, x30, [sp, -16]!
	.cfi_def_cfa_offset 16
	.cfi_offset 29, -16
	.cfi_offset 30, -8
	mov	x29, sp
	mov	x1, x0
	mov	x0, 0
	blr	x1
	lsl	w0, w0, 1
	ldp	x29, x30, [sp], 16
	.cfi_restore 29
	.cfi_restore 30
	.cfi_def_cfa_offset 0
	ret
	end by_gate

#else
	.text
	begin by_word
	movl	base(%rip), %eax
	addl	%edi, %eax
	ret
	end by_word

	begin by_compare
	cmpl	%edi, limit(%rip)
	jl	1f
	leal	(%rdi,%rdi), %eax
	ret
1:	leal	-100(%rdi), %eax
	ret
	end by_compare

	begin by_call
	call	triple
	addl	$1, %eax
	ret
	end by_call

	.type	triple, %function
triple:	.cfi_startproc
	leal	(%rdi,%rdi,2), %eax
	ret
	.cfi_endproc
	.size	triple, . - triple

	begin by_pad
	endbr64
	addq	base(%rip), %rdi
	leal	7(%rdi), %eax
	ret
	end by_pad

	begin by_gate
	call	pass
	leal	(%rax,%rax), %eax
	ret
	end by_gate

	/* calls the pointer with the stack as compiled code wants it */
	.type	pass, %function
pass:	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset 6, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register 6
	andq	$-16, %rsp
	movq	%rdi, %rax
	xorl	%edi, %edi
	call	*%rax
	leave
	.cfi_def_cfa 7, 8
	ret
	.cfi_endproc
	.size	pass, . - pass
#endif

	.section .note.GNU-stack, "", %progbits
