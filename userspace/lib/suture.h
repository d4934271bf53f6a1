/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libsuture: all that suture(1) does, as a library. It prints nothing and never
 * exits. Functions return 0 or a negative errno and take a struct suture_error
 * (or NULL) that says what is wrong and what to do.
 */
#ifndef SUTURE_H
#define SUTURE_H

#include "build-id.h"
#include "bundle.h"
#include "cgroup.h"
#include "conf.h"
#include "crash.h"
#include "device.h"
#include "disasm.h"
#include "doctor.h"
#include "error.h"
#include "finder.h"
#include "harm.h"
#include "history.h"
#include "host.h"
#include "insn.h"
#include "ipara.h"
#include "libdirs.h"
#include "marks.h"
#include "module.h"
#include "overview.h"
#include "pack.h"
#include "plan.h"
#include "policy.h"
#include "procmaps.h"
#include "report.h"
#include "scope.h"
#include "sign.h"
#include "spm-file.h"
#include "status.h"
#include "store.h"
#include "target.h"
#include "text.h"
#include "trace.h"
#include "transition.h"
#include "verify.h"
#include "spm-version.h"
#include "view.h"

#endif /* SUTURE_H */
