/* SPDX-License-Identifier: GPL-2.0 */
/* int loop_answer(int x, int times): x + 1, after a loop that lies in the very bytes
 * that a jump would overwrite. A thread is nearly always there, and behind the
 * first instruction as often as before it. */
	.text
	.globl	loop_answer
	.type	loop_answer, @function
	.p2align 4
loop_answer:
	pause
	dec	%esi
	jnz	loop_answer
	lea	1(%rdi), %eax
	ret
	.size	loop_answer, . - loop_answer

	.section .note.GNU-stack, "", @progbits
