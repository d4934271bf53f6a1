/* SPDX-License-Identifier: GPL-2.0 */
/* Entries with what a branch over them displaces. */
	.macro begin name
	.globl	\name
	.type	\name, @function
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

	.type	triple, @function
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
	.type	pass, @function
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

	.section .note.GNU-stack, "", @progbits
