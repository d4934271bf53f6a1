// SPDX-License-Identifier: GPL-2.0-only
/* patches/patch.mk in a tree that is moved to another place after it was built. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const char script[] =
	"set -e; cd '%s'\n"
	"mkdir -p old/patches/one\n"
	"cp -r '" SUTURE_TOP "/patches/patch.mk' '" SUTURE_TOP "/patches/lib' "
		"'" SUTURE_TOP "/patches/include' old/patches\n"
	"echo 'include ../patch.mk' >old/patches/one/Makefile\n"
	"printf '#include <suture/shadow.h>\\nint one;\\n' >old/patches/one/one.c\n"
	"unset MAKEFLAGS MAKELEVEL\n"
	"make -C old/patches/one ./one.c.o ./suture-shadow.o\n"
	"mv old new\n"
	"make -C new/patches/one ./one.c.o ./suture-shadow.o\n"
	/* and what it depends on is known again */
	"grep -q \"$PWD/new/patches/lib/shadow.c\" new/patches/one/suture-shadow.d\n"
	"make -q -C new/patches/one ./one.c.o ./suture-shadow.o\n"
	"touch new/patches/include/suture/shadow.h\n"
	"if make -q -C new/patches/one ./one.c.o; then exit 1; fi\n"
	"if make -q -C new/patches/one ./suture-shadow.o; then exit 1; fi\n";

Test(patch_mk, tree_is_moved)
{
	char dir[] = "/tmp/suture-mk-XXXXXX", command[sizeof(script) + sizeof(dir)];
	int status;

	cr_assert_not_null(mkdtemp(dir));
	snprintf(command, sizeof(command), script, dir);
	status = system(command);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	cr_expect(system(command) == 0);
	cr_expect(status == 0);
}
