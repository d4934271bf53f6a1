/* SPDX-License-Identifier: GPL-2.0 */
/* See state-x86_64.c. lea and jrcxz leave the flags alone. */
	.text

	.globl	state_spin
	.type	state_spin, @function
state_spin:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdx
	push	%rsi
	ldmxcsr	640(%rdi)
	fldcw	644(%rdi)
	test	%edx, %edx
	jz	1f
	.set	i, 0
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	vmovups	(128 + 32 * i)(%rdi), %ymm\n
	.set	i, i + 1
	.endr
	jmp	2f
1:
	.set	i, 0
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	movups	(128 + 32 * i)(%rdi), %xmm\n
	.set	i, i + 1
	.endr
2:
	push	120(%rdi)
	popfq
	mov	0(%rdi), %rax
	mov	8(%rdi), %rbx
	mov	16(%rdi), %rcx
	mov	24(%rdi), %rdx
	mov	32(%rdi), %rsi
	mov	48(%rdi), %rbp
	mov	56(%rdi), %r8
	mov	64(%rdi), %r9
	mov	72(%rdi), %r10
	mov	80(%rdi), %r11
	mov	88(%rdi), %r12
	mov	96(%rdi), %r13
	mov	104(%rdi), %r14
	mov	112(%rdi), %r15
	mov	40(%rdi), %rdi
3:
	lea	-1(%rcx), %rcx
	jrcxz	4f
	jmp	3b
4:
	pushfq
	push	%rdi
	mov	16(%rsp), %rdi
	mov	%rax, 0(%rdi)
	mov	%rbx, 8(%rdi)
	mov	%rcx, 16(%rdi)
	mov	%rdx, 24(%rdi)
	mov	%rsi, 32(%rdi)
	mov	%rbp, 48(%rdi)
	mov	%r8, 56(%rdi)
	mov	%r9, 64(%rdi)
	mov	%r10, 72(%rdi)
	mov	%r11, 80(%rdi)
	mov	%r12, 88(%rdi)
	mov	%r13, 96(%rdi)
	mov	%r14, 104(%rdi)
	mov	%r15, 112(%rdi)
	pop	%rax
	mov	%rax, 40(%rdi)
	pop	%rax
	mov	%rax, 120(%rdi)
	cld
	stmxcsr	640(%rdi)
	fnstcw	644(%rdi)
	pop	%rsi
	pop	%rdx
	test	%edx, %edx
	jz	5f
	.set	i, 0
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	vmovups	%ymm\n, (128 + 32 * i)(%rdi)
	.set	i, i + 1
	.endr
	vzeroupper
	jmp	6f
5:
	.set	i, 0
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	movups	%xmm\n, (128 + 32 * i)(%rdi)
	.set	i, i + 1
	.endr
6:
	/* back to what the ABI starts with */
	push	$0x1f80
	ldmxcsr	(%rsp)
	movl	$0x37f, (%rsp)
	fldcw	(%rsp)
	pop	%rax
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.size	state_spin, . - state_spin

	.globl	red_zone_spin
	.type	red_zone_spin, @function
red_zone_spin:
	.set	i, 1
	.rept	16
	lea	0x1234567(, %rdi, 1), %rax
	lea	(i * 0x1111)(%rax), %rax
	mov	%rax, (-8 * i)(%rsp)
	.set	i, i + 1
	.endr
	mov	%rdi, %rcx
1:
	lea	-1(%rcx), %rcx
	jrcxz	2f
	jmp	1b
2:
	xor	%eax, %eax
	.set	i, 1
	.rept	16
	lea	(0x1234567 + i * 0x1111)(%rdi), %rdx
	xor	%esi, %esi
	cmp	%rdx, (-8 * i)(%rsp)
	setne	%sil
	add	%rsi, %rax
	.set	i, i + 1
	.endr
	ret
	.size	red_zone_spin, . - red_zone_spin

	.section .note.GNU-stack, "", @progbits
