/* SPDX-License-Identifier: GPL-2.0 */
/* What gate.c, hook.c and runner.c know of a gate. Others have suture.h. */
#ifndef _SUTURE_GATE_H
#define _SUTURE_GATE_H

#include <linux/ktime.h>
#include <linux/signal.h>

#include "suture.h"

enum seat_state { SEAT_FREE, SEAT_QUEUED, SEAT_PARKED, SEAT_LEFT };

struct seat {
	struct callback_head work;
	struct suture_gate *gate;
	struct task_struct *task;
	int state;			/* enum seat_state */
	bool queued;			/* the work, and the thread was told */
	bool checked;			/* its stack was found good ... */
	unsigned long switches;		/* ... when it had been switched so often */
	bool asked;			/* whether it would run hooks */
	bool last;			/* no other work of the thread was behind this one */
	bool at_exit;			/* surely not in the midst of the kernel's signal code */
};

/*
 * A thread that runs hooks. One of a gate at the most.
 *
 *   state      set by                  meaning                              next
 *   NOBODY     -                       no thread has been found fit         ASKED
 *   ASKED      the holder              a parked thread is to answer         FIT, UNFIT,
 *                                                                           NOBODY
 *   UNFIT      the thread              it is not to run a hook              ASKED
 *   FIT        the thread              parked, has run none or has run one  ORDERED
 *   ORDERED    the holder              a hook is to be run                  GOING, FIT
 *   GOING      the thread              in user mode                         COMING, DEAD
 *   COMING     the thread              at the door                          FIT, DEAD
 *   DEAD       anybody                 exits, or has left the mm
 */
enum runner_state {
	RUNNER_NOBODY, RUNNER_ASKED, RUNNER_UNFIT, RUNNER_FIT, RUNNER_ORDERED,
	RUNNER_GOING, RUNNER_COMING, RUNNER_DEAD
};

struct suture_runner {
	struct list_head node;		/* runners, while GOING */
	int state;			/* enum runner_state; changed under runners_lock */
	struct seat *seat;		/* likewise */
	struct suture_patch *patch;	/* referenced, while GOING or COMING */
	wait_queue_head_t wait;		/* of the holder: state changed */
	struct suture_call call;
	int result;
	unsigned int waited_ms;		/* for hooks to begin, so far */
	bool left;			/* in that hook, which was late */
	bool unbegun;			/* and had not run its first instruction */
	bool abandoned;			/* nobody waits for it any more */
	struct callback_head back;	/* gives the registers back, then parks */
	struct callback_head leave;	/* pulls the thread out of a hook */

	/* The thread that was woken for it; -1 or what suture_arch_wakeable() says. */
	struct callback_head wake;
	struct seat *woken;
	int woken_nr;
	unsigned long woken_pc;

	/* What the thread had before. */
	struct pt_regs regs;
	struct restart_block restart_block;
	sigset_t blocked, saved_sigmask;
	bool restore_sigmask;
};

struct suture_gate {
	refcount_t refs;		/* the holder, and each queued work */
	bool open;
	wait_queue_head_t wait;
	struct mm_struct *mm;		/* the holder's reference; later only compared */
	struct task_struct *leader;	/* the holder's reference */
	ktime_t closed_at;		/* 0: nobody was held */
	u32 held_us;
	struct suture_runner runner;
	unsigned int nr, room;
	unsigned int hint;		/* where find_seat() looks first */
	struct seat seats[];
};

/* Works of threads that are queued or running, and threads in a hook: rmmod waits. */
extern atomic_t suture_works_in_flight;

void suture_gate_put(struct suture_gate *gate);

/* In the thread: wait, until the gate opens (and leave) or a hook is to be run. */
void suture_gate_stay(struct seat *seat);

/* Its last word to the gate: the place is no longer the thread's. */
void suture_gate_leave(struct seat *seat);

/* ---- runner.c */
void suture_runner_init(struct suture_gate *gate);
bool suture_runner_called(const struct seat *seat);
bool suture_runner_answer(struct seat *seat);
bool suture_runner_ask(struct suture_gate *gate, struct seat *seat);
int suture_runner_wake(struct suture_gate *gate, struct seat *seat);
bool suture_runner_died(struct suture_gate *gate);
bool suture_runner_pull(struct suture_gate *gate);
void suture_runner_abandon(struct suture_gate *gate);
bool suture_runner_set(struct suture_gate *gate, int from, int to);
vm_fault_t suture_runner_door(struct vm_fault *vmf);

#endif /* _SUTURE_GATE_H */
