/* SPDX-License-Identifier: GPL-2.0 */
/* int page_answer(int x): x + 1. Its first five bytes lie on two pages: two on
 * the first, three on the second. Padding keeps other code away. */
	.section .text.page, "ax", @progbits
	.p2align 12
	.skip	4096 - 2, 0x90
	.globl	page_answer
	.type	page_answer, @function
page_answer:
	mov	%edi, %eax
	add	$1, %eax
	nopl	0(%rax)
	ret
	.size	page_answer, . - page_answer
	.p2align 12, 0x90

	.section .note.GNU-stack, "", @progbits
