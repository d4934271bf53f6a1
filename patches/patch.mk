# SPDX-License-Identifier: GPL-2.0
# How a patch is built. patches/NAME/Makefile says
#
#	TARGET := path/to/library.so		the file whose functions are replaced, or several
#	DEBUG := path/to/library.so.debug	debug files, where they are stripped (optional)
#	NEEDED := path/to/other.so		other objects that are used (optional)
#	include ../patch.mk
#
# and gets NAME.spm of all *.c and *.cc beside it. NAME, SOURCES, CFLAGS and OUT
# (where the .spm and the objects go) can be set, too, and PATCH, the patch's name where
# the file has another: variants for several builds of a target. A query (*.find beside it,
# or FIND) is answered by `suture find' for the first TARGET, in the header found.h.

patch_mk := $(abspath $(lastword $(MAKEFILE_LIST)))
patch_top := $(patsubst %/patches/patch.mk,%,$(patch_mk))

NAME ?= $(notdir $(CURDIR))
PATCH ?= $(NAME)
OUT ?= .
SOURCES ?= $(sort $(wildcard *.c *.cc *.cpp))
FIND ?= $(firstword $(wildcard *.find))
SUTURE ?= $(or $(wildcard $(patch_top)/build/userspace/suture),suture)
Q := $(if $(filter 1,$(V)),,@)

ifeq ($(origin CC),default)
CC := cc
endif
ifeq ($(origin CXX),default)
CXX := c++
endif

# -fPIC, -fno-plt: everything outside is reached through words that get an
#   address when the patch is mapped. Traditional TLS: the same, through a call.
# No stack protector, no _FORTIFY_SOURCE: they call what the target may not
#   import. Where it was built with it, `CFLAGS += -D_FORTIFY_SOURCE=2` fits.
patch_machine := $(shell $(CC) -dumpmachine)
patch_flags := -O2 -g -fPIC -fvisibility=hidden -fno-common \
	-fno-stack-protector -U_FORTIFY_SOURCE \
	-Wall -Wextra -I$(patch_top)/patches/include
ifneq ($(filter x86_64%,$(patch_machine)),)
patch_flags += -fno-plt -mtls-dialect=gnu -fcf-protection=none
endif
ifneq ($(filter aarch64%,$(patch_machine)),)
patch_flags += -mtls-dialect=trad -mno-outline-atomics -mbranch-protection=none
# A system call keeps all registers, and little code writes x9 to x15: a pointer into the patch
#   that was left there would keep the patch in. So each function clears what it has used.
patch_clears := -fzero-call-used-regs=used-gpr
patch_flags += -fno-optimize-sibling-calls \
	$(shell $(CC) $(patch_clears) -E -x c /dev/null >/dev/null 2>&1 && echo $(patch_clears))
endif
patch_cxxflags := -fno-exceptions -fno-rtti -fno-threadsafe-statics

patch_found := $(if $(FIND),$(OUT)/found.h)
patch_flags += $(if $(FIND),-I$(OUT))

patch_objects := $(addprefix $(OUT)/,$(addsuffix .o,$(SOURCES)))
# The store of shadow variables goes into a patch that uses it.
patch_shadow := $(OUT)/suture-shadow.o
pack_objects = $(patch_objects) \
	$(if $(shell grep -l -a suture_shadow_ $(patch_objects)),$(patch_shadow))

$(OUT)/$(NAME).spm: $(patch_objects) $(patch_shadow) $(TARGET) $(DEBUG) $(NEEDED) \
		$(wildcard $(SUTURE))
	@echo "  PACK    $(NAME).spm"
	$(Q)$(SUTURE) pack --name $(PATCH) $(addprefix --target ,$(TARGET)) \
		$(addprefix --debug ,$(DEBUG)) \
		$(addprefix --needed ,$(NEEDED)) --output $@ $(pack_objects)

ifneq ($(FIND),)
$(patch_objects): $(patch_found)

$(patch_found): $(FIND) $(firstword $(TARGET)) $(wildcard $(SUTURE))
	@mkdir -p $(@D)
	@echo "  FIND    $(NAME)/$(FIND)"
	$(Q)$(SUTURE) find --header $@ $(FIND) $(firstword $(TARGET))
endif

$(patch_shadow): $(patch_top)/patches/lib/shadow.c $(patch_mk)
	@mkdir -p $(@D)
	$(Q)$(CC) $(patch_flags) -MMD -MP -c -o $@ $<

$(OUT)/%.c.o: %.c $(patch_mk)
	@mkdir -p $(@D)
	@echo "  CC      $(NAME)/$<"
	$(Q)$(CC) $(patch_flags) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/%.cc.o: %.cc $(patch_mk)
	@mkdir -p $(@D)
	@echo "  CXX     $(NAME)/$<"
	$(Q)$(CXX) $(patch_flags) $(patch_cxxflags) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/%.cpp.o: %.cpp $(patch_mk)
	@mkdir -p $(@D)
	@echo "  CXX     $(NAME)/$<"
	$(Q)$(CXX) $(patch_flags) $(patch_cxxflags) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(patch_objects:.o=.d) $(patch_shadow:.o=.d)

# Where the tree was elsewhere when that was written: gone, so build it again.
%/patches/lib/shadow.c: ;

clean:
	rm -f $(OUT)/$(NAME).spm $(patch_found) $(patch_objects) $(patch_objects:.o=.d) \
		$(patch_shadow) $(patch_shadow:.o=.d)

# What a C patch is compiled with, for those who build in their own way.
flags:
	@echo $(patch_flags) $(CPPFLAGS) $(CFLAGS)

.DEFAULT_GOAL := $(OUT)/$(NAME).spm
.DELETE_ON_ERROR:
.PHONY: clean flags
