# SPDX-License-Identifier: GPL-2.0
# `make help` lists what there is to make.

ARCH ?= x86_64
KERNEL ?= 6.1
KERNELDIR := build/kernels/$(ARCH)-$(KERNEL)
KDIR ?= $(KERNELDIR)/kdir
VM := tests/vm/run --arch $(ARCH) --kernel $(KERNEL)

.DELETE_ON_ERROR:
.PHONY: kmod

$(KERNELDIR)/kdir:
	@tests/vm/fetch headers $(ARCH) $(KERNEL)

kmod: $(filter $(KERNELDIR)/kdir,$(KDIR))
	@tests/vm/build-kmod $(abspath $(KDIR)) $(ARCH)
