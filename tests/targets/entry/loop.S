/* SPDX-License-Identifier: GPL-2.0 */
/* int loop_answer(int x, int times): x + 1, after two loops. The first lies in the
 * very bytes that a jump would overwrite, and a thread in it is behind the first
 * instruction as often as before it; the second lies behind them. */
#ifdef __aarch64__
/* An emulator that looks for interrupts only between pages and jumps finds one behind the
 * first instruction. There the return address is signed, what the branch must not meet. */
	.section .text.loop, "ax", %progbits
	.p2align 12
	.skip	4096 - 4
	.globl	loop_answer
	.type	loop_answer, %function
loop_answer:
	paciasp
	autiasp
	subs	w1, w1, 1
	b.ne	loop_answer
	mov	w2, 3000
1:
	subs	w2, w2, 1
	b.ne	1b
	add	w0, w0, 1
	ret
	.size	loop_answer, . - loop_answer
	.p2align 12

	.section .note.GNU-stack, "", %progbits
#else
	.text
	.globl	loop_answer
	.type	loop_answer, @function
	.p2align 4
loop_answer:
	pause
	dec	%esi
	jnz	loop_answer
	mov	$3000, %ecx
1:
	pause
	dec	%ecx
	jnz	1b
	lea	1(%rdi), %eax
	ret
	.size	loop_answer, . - loop_answer

	.section .note.GNU-stack, "", @progbits
#endif
