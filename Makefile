# SPDX-License-Identifier: GPL-2.0
# `make help` lists what there is to make. Everything that is made or downloaded
# goes into build/; only patches/NAME/NAME.spm lie beside their sources.

machine := $(patsubst aarch64,arm64,$(shell uname -m))
ARCH ?= $(machine)
KERNEL ?= 6.1
# What `make check-matrix` runs on, and ARCHS `make check`, too; `newest` is what the mirror has
# of the release after.
KERNELS ?= 6.1 6.12 newest
ARCHS ?= x86_64 arm64
KERNELDIR := build/kernels/$(ARCH)-$(KERNEL)
KDIR ?= $(KERNELDIR)/kdir
SCENARIO ?=
RELEASE ?= 0
SUTURE_CERTS ?=
DESTDIR ?=
PREFIX ?= /usr

MAKEFLAGS += --no-print-directory
# What is built for another architecture than the machine's has a folder of its own,
# patch modules included. `suture pack`, which makes them, is the machine's.
ifeq ($(ARCH),$(machine))
BUILD := build
else
ifneq ($(machine)-$(ARCH),x86_64-arm64)
$(error this is $(machine), and $(ARCH) cannot be built here)
endif
BUILD := build/$(ARCH)
sysroot := $(CURDIR)/build/sysroot/$(ARCH)
triple := aarch64-linux-gnu
cross := ARCH=$(ARCH) BUILD=$(CURDIR)/$(BUILD) CC='$(triple)-gcc --sysroot=$(sysroot)' \
	CXX='$(triple)-g++ --sysroot=$(sysroot)' AR=$(triple)-ar OBJCOPY=$(triple)-objcopy \
	OBJDUMP=$(triple)-objdump NM=$(triple)-nm SUTURE=$(CURDIR)/build/userspace/suture \
	PKG_CONFIG='env PKG_CONFIG_SYSROOT_DIR=$(sysroot) \
		PKG_CONFIG_LIBDIR=$(sysroot)/usr/lib/$(triple)/pkgconfig:$(sysroot)/usr/share/pkgconfig pkg-config'
endif
# As many jobs as processors, unless the user has said how many.
jobs = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
vm = tests/vm/run --arch $(ARCH) --kernel $(KERNEL)
# those of WebKitGTK are made by `make webkit-patches': they need its package, 23 MB
patch_dirs := $(filter-out patches/webkit-%,$(patsubst %/Makefile,%,$(wildcard patches/*/Makefile)))
# for Debian's package of that architecture
ifneq ($(ARCH),x86_64)
patch_dirs := $(filter-out patches/libevent-%,$(patch_dirs))
endif
# Kernels that are built here, and asked each time whether they are still what is wanted.
own_kernels = $(filter-out base,$(basename $(notdir $(wildcard tests/vm/kernels/*.config))))
# The package and version of WebKitGTK in the VM's root for it.
webkit_build = $(shell sed -n 's/^root-webkit \(libwebkit2gtk[^=]*\)=/\1 /p' tests/packages.list)
# The kernel version that the headers in KDIR are for.
kver = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)
# Authors of patches outside this tree include patch.mk from here.
authors = $(DESTDIR)$(PREFIX)/share/suture/patches

.PHONY: all always help setup kmod kmod-release userspace patches $(patch_dirs) targets test-patches \
	tests-built webkit-patches check-find \
	lint check check-unit check-vm check-matrix check-harness check-mutants check-debug demo bench soak fuzz \
	check-service check-webkit demo-webkit \
	install clean distclean

all: setup
	@$(MAKE) $(jobs) kmod userspace patches

help:
	@sed -n 's/^#: //p' Makefile

#: make                     set-up, then kmod, userspace and patches
#: make kmod [KDIR=...]     suture.ko, for Debian's 6.1 kernel or for the headers in KDIR
#:     RELEASE=1            ... that takes signed patches only
#:     SUTURE_CERTS="A B"   ... that trusts these certificates (DER) by itself
#: make userspace           suture and libsuture
#: make patches             patches/NAME/NAME.spm
#: make webkit-patches      patches of WebKitGTK, for Debian's builds of it, which it downloads
#: make demo                the main job, shown in a VM
#: make check               all tests
#: make check-unit          the unit tests
#: make check-vm            the scenarios in the VM; SCENARIO='NAME PATTERN*' for some
#: make check-find          does `suture find' find the same in each build of WebKitGTK as objdump?
#: make check-matrix        the scenarios on all kernels, both architectures; KERNELS, ARCHS for some
#: make check-harness       does the VM's harness fail when it should?
#: make check-mutants       does the suite notice when a check of the module is broken?
#: make check-debug         the scenarios on a kernel with KASAN, lockdep and the like; builds it
#: make soak                10,000 applies and reverts under load in the VM; ROUNDS=N for less
#: make check-service       the service on a Debian with systemd, in a VM: apt, restarts
#: make check-webkit        the patch of WebKitGTK in a browser of Debian's, in a VM; downloads it
#: make demo-webkit         the same, shown
#: make bench               what patching costs, measured in the VM
#: make fuzz                the parser of patch modules, with 10,000,000 inputs; RUNS=N for others
#: make lint                shellcheck, cppcheck, sparse, white space
#: make setup               install the Debian packages of tests/packages.list
#: make install DESTDIR=... module, programs, headers, manual
#: make clean               remove what was built; distclean: and what was downloaded
#: Variables: KERNEL=6.1 (Debian's kernel series, newest or debug), ARCH=x86_64, KDIR, SCENARIO, DESTDIR, PREFIX

setup:
	@tests/setup $(ARCH)

$(KERNELDIR)/kdir: $(if $(filter $(own_kernels),$(KERNEL)),always)
	@tests/vm/fetch headers $(ARCH) $(KERNEL)

kmod: $(filter $(KERNELDIR)/kdir,$(KDIR))
	+@RELEASE='$(RELEASE)' SUTURE_CERTS='$(SUTURE_CERTS)' tests/vm/build-kmod $(abspath $(KDIR)) $(ARCH)

# As a release is: for the scenario that loads it.
kmod-release: $(filter $(KERNELDIR)/kdir,$(KDIR)) targets
	+@RELEASE=1 SUTURE_CERTS='$(BUILD)/tests/targets/sign/keys/good.der' tests/vm/build-kmod $(abspath $(KDIR)) $(ARCH) release

userspace: $(sysroot)
	@$(MAKE) -C userspace all
	$(if $(cross),@$(MAKE) -C userspace all B=$(CURDIR)/$(BUILD)/userspace $(cross))

$(sysroot):
	@tests/vm/fetch sysroot $(ARCH)

# What is patched in the demo and in the tests.
targets: $(sysroot)
	@$(MAKE) -C tests/targets all $(cross)

patches: $(patch_dirs)

$(patch_dirs): userspace targets
	@$(MAKE) -C $@ $(cross) $(if $(cross),OUT=$(CURDIR)/$(BUILD)/$@)

webkit-patches: setup userspace
	@tests/find/webkit build

check-find: setup userspace
	@tests/find/check

test-patches: userspace targets
	@$(MAKE) -C tests/targets patches $(cross)

tests-built: kmod kmod-release userspace patches test-patches

lint: setup
	@$(MAKE) $(jobs) kmod
	@tests/lint

check: setup
	+@ARCHS='$(ARCHS)' MAKE='$(MAKE)' tests/check '$(jobs)'

check-unit: setup
	@$(MAKE) $(jobs) patches test-patches
	@$(MAKE) $(jobs) -C tests/unit check

check-vm: setup
	@$(MAKE) $(jobs) tests-built
	@$(vm) $(foreach pattern,$(SCENARIO),'$(pattern)')

check-matrix:
	@KERNELS='$(KERNELS)' ARCHS='$(ARCHS)' MAKE='$(MAKE)' tests/vm/matrix $(foreach pattern,$(SCENARIO),'$(pattern)')

check-mutants: setup
	@$(MAKE) $(jobs) tests-built
	@tests/vm/mutants

check-harness: setup
	@$(MAKE) $(jobs) tests-built
	@tests/vm/selftest

check-debug: setup
	@$(MAKE) $(jobs) KERNEL=debug tests-built
	@$(MAKE) $(jobs) KERNEL=bare kmod
	@tests/vm/check-debug $(foreach pattern,$(SCENARIO),'$(pattern)')

fuzz: setup
	@$(MAKE) -C tests/fuzz fuzz RUNS=$(or $(RUNS),10000000)

check-service: setup
	@$(MAKE) $(jobs) tests-built
	@tests/vm/run --root service $(foreach pattern,$(SCENARIO),'$(pattern)')

# The one build that the VM's root has.
check-webkit demo-webkit: setup
	@$(MAKE) $(jobs) tests-built
	@tests/find/webkit build $(webkit_build)
	@$(if $(filter demo%,$@),tests/webkit/demo,tests/vm/run --root webkit $(foreach pattern,$(SCENARIO),'$(pattern)'))

demo: setup
	@$(MAKE) $(jobs) tests-built
	@ARCH=$(ARCH) tests/vm/demo

soak: setup
	@$(MAKE) $(jobs) tests-built
	@ARCH=$(ARCH) KERNEL=$(KERNEL) tests/vm/soak $(ROUNDS)

bench: setup
	@$(MAKE) $(jobs) tests-built
	@ARCH=$(ARCH) KERNEL=$(KERNEL) tests/bench/run

install: kmod userspace
	@[ -n '$(kver)' ] || { echo "install: no kernel headers in $(KDIR)" >&2; exit 1; }
	install -D -m 644 build/kmod/$(kver)/suture.ko $(DESTDIR)/lib/modules/$(kver)/updates/suture.ko
	install -D -m 644 -t $(authors)/include/suture patches/include/suture/*.h
	install -D -m 644 -t $(authors)/lib patches/lib/*.c
	install -D -m 644 patches/patch.mk $(authors)/patch.mk
	$(MAKE) -C userspace install DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)
	$(if $(DESTDIR),,depmod $(kver))

clean:
	rm -rf build/kmod build/userspace build/tests build/arm64 build/mutants build/vm/logs
	find patches tests \( -name '*.spm' -o -name '*.[cS].[od]' -o -name found.h -o -name known \) -delete

distclean: clean
	rm -rf build
