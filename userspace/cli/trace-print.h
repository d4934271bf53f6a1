/* SPDX-License-Identifier: GPL-2.0-only */
/* How suture trace shows what was counted. */
#ifndef SUTURE_CLI_TRACE_PRINT_H
#define SUTURE_CLI_TRACE_PRINT_H

#include "suture.h"
#include "trace-report.h"

struct trace_print {
	const struct suture_spm *spm;
	const struct suture_trace *trace;
	double seconds;
	pid_t pid;			/* or 0 */
	uint64_t lost;			/* calls that were not counted */
	bool loaded;
	struct suture_ioc_patch patch;	/* if loaded */
	struct suture_trace_report report;
};

/* trace_begin - on stderr: what is traced, and what cannot be */
void trace_begin(const struct suture_spm *spm, const struct suture_trace *trace);

/* trace_text, trace_json - the result; return an exit code */
int trace_text(const struct trace_print *print);
int trace_json(const struct trace_print *print);

#endif /* SUTURE_CLI_TRACE_PRINT_H */
