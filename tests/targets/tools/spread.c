// SPDX-License-Identifier: GPL-2.0
/*
 * spread PROGRAM ARGUMENTS: runs it with its address space laid out at random. The test
 * VM's own tools all run at the same addresses (tests/vm/guest/init); what is patched
 * has to be somewhere else in each process.
 */
#include <stdio.h>
#include <sys/personality.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int now = personality(0xffffffff);

	if (argc < 2 || now == -1 || personality(now & ~ADDR_NO_RANDOMIZE) == -1) {
		fprintf(stderr, "spread: usage: spread PROGRAM ARGUMENTS\n");
		return 2;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
