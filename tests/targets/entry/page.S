/* SPDX-License-Identifier: GPL-2.0 */
/* int page_answer(int x): x + 1. What is written over its entry lies on two pages: two
 * bytes of five on the first, or one instruction of two. Padding keeps other code away. */
#ifdef __aarch64__
	.section .text.page, "ax", %progbits
	.p2align 12
	.skip	4096 - 4
	.globl	page_answer
	.type	page_answer, %function
page_answer:
	paciasp
	add	w0, w0, 1
	autiasp
	ret
	.size	page_answer, . - page_answer
	.p2align 12

	.section .note.GNU-stack, "", %progbits
#else
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
#endif
