/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of sutured share. One thread, one event loop. */
#ifndef SUTURED_H
#define SUTURED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "suture.h"

/* A file that the kernel did not take, and when to try again; or a list that it took. */
struct attempt {
	char *path;
	uint64_t dev, inode;
	int64_t ctime_ns;
	int code;		/* negative errno */
	char *text;
	bool for_good;		/* this very file will not be taken */
	bool taken;		/* of a list: the kernel has it; not an error at all */
	uint64_t next_us;	/* CLOCK_MONOTONIC: not before, unless for_good */
	uint64_t delay_us;
	bool used;		/* the file is still there */
};

/* What was last seen of a loaded patch. */
struct seen_patch {
	char name[SUTURE_NAME_MAX];
	char version[64];
	uint32_t state;
	uint32_t canary;
	uint64_t files_hash;	/* of the files that were handed over last, 0: not by us */
	uint64_t applying_since_us;	/* CLOCK_MONOTONIC, 0: it is not */
};

struct watch {
	char *path;		/* the folder that is wanted */
	char *at;		/* the nearest one that is there */
	int kind;		/* enum watch_kind */
	sd_event_source *source;
	struct service *service;
	bool wanted;
};

enum watch_kind {
	WATCH_ALL,		/* patches, configuration */
	WATCH_STATE,
	WATCH_RUN,		/* who changes what the kernel has, touches a file there */
	WATCH_DEVICE,
	WATCH_TARGETS,		/* folders where a target may appear */
};

struct service {
	sd_event *loop;
	struct suture_dirs dirs;
	const char *root;	/* where the folders are looked up */
	int dev;		/* /dev/suture while it is looked at, so that the module can be
				 * unloaded otherwise; or -1 */
	sd_event_source *settle, *poll, *rescan;
	uint64_t first_change_us;	/* of those that wait for quiet; 0: none */
	uint64_t poll_delay_us;
	unsigned int settle_ms, rescan_s;
	bool look_again;	/* a file was refused: another may take its place in the plan */
	int more_searches;	/* to find files that were mapped meanwhile */
	struct watch **watches;
	size_t nr_watches;
	char **targets;		/* file names that targets have, NULL-terminated */
	struct attempt *attempts;
	size_t nr_attempts;
	struct seen_patch *seen;
	size_t nr_seen;
	struct suture_store_file *lists;	/* of revocations, in the folders */
	size_t nr_lists;
	struct in_force *in_force;	/* those of them that the kernel has, see handover.c */
	size_t nr_in_force;
	struct {
		uint64_t inode;		/* of its device */
		struct timespec ctime;
		bool told;		/* the versions that were seen */
	} module;		/* the one that was there last */
	struct suture_event *events;	/* that are not in the history yet */
	size_t nr_events;
	int64_t began;		/* when we did, seconds since 1970 */
	bool history_failed;	/* it could not be written, and that was said */
	struct suture_crash_watch *crashes;	/* NULL: they are not seen */
	char *crashes_off;	/* why not; NULL: not tried yet */
	uint64_t crashes_lost;	/* that was said */
	struct suture_harm *harm;
	struct suture_harm_rule rule;	/* of the configuration that was read last, these too: */
	bool take_back;
	unsigned int hang_s;
	char *last_error;	/* of reading, in words; NULL: none */
	char *last_report;
};

/* ------------------------------------------------------------- journal.c */

/*
 * service_log - one message, and what it is about for programs
 * @priority: LOG_*. @what: an action or event, one word. @name, @version, @why: NULL: none
 */
void service_log(int priority, const char *what, const char *name, const char *version,
		 const char *why, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* ------------------------------------------------------------- attempts.c */

/* attempt_failed - remember it; says it when it is news */
int attempt_failed(struct service *s, const struct suture_store_file *file, int code,
		   const char *what, const struct suture_error *err);

/* attempt_worked - forget what was */
void attempt_worked(struct service *s, const struct suture_store_file *file);

/* attempt_taken - a list: the kernel has it, so it is not to be handed in again */
void attempt_taken(struct service *s, const struct suture_store_file *file);

/* attempt_find - the last failure with this very file, or NULL */
struct attempt *attempt_find(struct service *s, const struct suture_store_file *file);

/* attempt_refused - as handover_refused(), by earlier attempts alone */
enum suture_refusal attempt_refused(const struct suture_store_file *file, void *arg);

/* attempts_next_us - when the first is due, UINT64_MAX: none */
uint64_t attempts_next_us(const struct service *s);

/* attempts_sweep - forget those of files that are not among @store and the lists */
void attempts_sweep(struct service *s, const struct suture_store *store);

/* attempts_forget - try those again that failed with this errno (negative) */
void attempts_forget(struct service *s, int code);

/* attempts_clear - try all again */
void attempts_clear(struct service *s);

/* ------------------------------------------------------------- handover.c */

/*
 * handover - tell a module that is new to us which versions were seen, and hand in the
 *            revocation lists that it does not have; before any patch
 * What a list revokes is reverted at once.
 */
int handover(struct service *s, struct suture_error *err);

/*
 * handover_refused - a suture_refused_fn; @arg: the service
 * What a list in the folders names is not offered to the kernel. What else is revoked, by a
 * list handed in by hand for example, the kernel says when it is.
 */
enum suture_refusal handover_refused(const struct suture_store_file *file, void *arg);

/* handover_reason - which list names the file, in words, to be freed; NULL: none */
char *handover_reason(struct service *s, const struct suture_store_file *file);

/* handover_forget - free what is known of the lists */
void handover_forget(struct service *s);

/* handover_keep - note which versions the kernel has seen, for its next life */
void handover_keep(struct service *s, const struct suture_view *view);

/* -------------------------------------------------------------- history.c */

/*
 * history_note - something has happened
 * @what, @why: as with service_log(); @why may be NULL
 * @procs: of what was applied, @nr; or NULL
 */
void history_note(struct service *s, const char *what, const char *name, const char *version,
		  const char *why, const char *text, const struct suture_proc *procs, size_t nr);

/* history_boot - this is another boot than the one that was noted last */
void history_boot(struct service *s);

/* history_write - put down what was noted */
void history_write(struct service *s);

/* ---------------------------------------------------------------- watch.c */

/* watch_folders - watch all that the service is told by; before it is read */
int watch_folders(struct service *s);

/* watch_targets - watch where targets may appear; 1: something new is watched, 0, errno */
int watch_targets(struct service *s, const struct suture_store *store);

/* watch_free - all of it */
void watch_free(struct service *s);

/* ------------------------------------------------------------ reconcile.c */

/* service_changed - something has changed: look when it is quiet */
void service_changed(struct service *s);

/* service_look_in - look in so many microseconds, or earlier */
void service_look_in(struct service *s, uint64_t us);

/* service_close - let the device go */
void service_close(struct service *s);

/* service_reconcile - make the running system agree with the folders */
void service_reconcile(struct service *s);

/* ----------------------------------------------------------------- act.c */

/* act_on - do what an item says; true: something was started */
bool act_on(struct service *s, struct suture_view *view, const struct suture_plan_item *item);

/* act_mark - change the marks under their lock */
int act_mark(struct service *s, suture_marks_fn fn, void *arg);

/* act_forget - clear the marks of patches that are out */
void act_forget(struct service *s, const struct suture_view *view);

/* ------------------------------------------------------------- crashes.c */

/* crashes_start - watch; where that cannot be, it is said, and all else goes on */
void crashes_start(struct service *s);
void crashes_stop(struct service *s);

/* crashes_know - this patch is about to be loaded */
void crashes_know(struct service *s, const struct suture_view *view, const struct suture_spm *spm);

/* crashes_sync - these patches are loaded, and this is the configuration */
void crashes_sync(struct service *s, const struct suture_view *view);

/* crashes_disturbed - a suture_disturbed_fn; @arg: the service */
int64_t crashes_disturbed(const char *name, void *arg);

/* crashes_of - what was counted of a patch, or NULL */
const struct suture_harm_patch *crashes_of(const struct service *s, const char *name);

/* crashes_hangs - does a process hang because of a patch? The device is open. */
void crashes_hangs(struct service *s, const struct suture_ioc_patch *loaded);

/* ------------------------------------------------------------ progress.c */

/* progress_look - ask the kernel how the transitions are, say what has ended; true: a
 * patch has changed its state */
bool progress_look(struct service *s);

/* progress_pending - is a transition under way? */
bool progress_pending(const struct service *s);

/* progress_get - what was last seen of a patch; added if @add, else NULL */
struct seen_patch *progress_get(struct service *s, const char *name, bool add);

/* --------------------------------------------------------------- report.c */

/* report_write - /run/suture/sutured.json, and the status for the service manager */
void report_write(struct service *s, const struct suture_view *view, const char *error);

/* -------------------------------------------------------------- metrics.c */

/* metrics_write - /run/suture/suture.prom, for node_exporter's textfile collector */
void metrics_write(struct service *s, const struct suture_view *view);

/* now_us - CLOCK_MONOTONIC in microseconds */
uint64_t now_us(void);

#endif /* SUTURED_H */
