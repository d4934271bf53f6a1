/* SPDX-License-Identifier: GPL-2.0 */
/* int plain(int x): x + 4, only called directly. Its object is guarded all the same. */
	.text
	.globl	plain
	.hidden	plain
	.type	plain, %function
	.p2align 4
plain:
	add	w0, w0, 4
	nop
	nop
	ret
	.size	plain, . - plain

	/* GNU_PROPERTY_AARCH64_FEATURE_1_AND: BTI, PAC */
	.section .note.gnu.property, "a"
	.p2align 3
	.word	4, 16, 5
	.asciz	"GNU"
	.word	0xc0000000, 4, 3, 0

	.section .note.GNU-stack, "", %progbits
