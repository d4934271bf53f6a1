/* SPDX-License-Identifier: GPL-2.0 */
/* int loop_answer(int x, int times): x + 1, after two loops. The first lies in the
 * very bytes that a jump would overwrite, and a thread in it is behind the first
 * instruction as often as before it; the second lies behind them. */
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
