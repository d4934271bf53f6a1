/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The one header that suture.ko, libsuture and every other user share: the
 * layout of the note inside a patch module (.spm) and of the ioctls of
 * /dev/suture. docs/format.md and docs/kernel-interface.md tell the story.
 *
 * All numbers are little endian. Every offset is checked against the file by
 * kmod/spm-*.c, the only parser there is.
 */
#ifndef _SUTURE_UAPI_H
#define _SUTURE_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* ------------------------------------------------------------------ note */

/* ELF note: name "suture\0" (namesz 7, padded to 8), this type, 4-aligned. */
#define SUTURE_NOTE_NAME	"suture"
#define SUTURE_NOTE_TYPE	0x53505431	/* "SPT1" */
#define SUTURE_NOTE_FORMAT	2

/* Bounds that the parser enforces; they keep a hostile file small. */
#define SUTURE_NOTE_MAX		(1 << 20)	/* bytes of one note */
#define SUTURE_NAME_MAX		48		/* patch name with its NUL */
#define SUTURE_TEXT_MAX		1024		/* any other string with its NUL */
#define SUTURE_FLOOR_VERSION_MAX	64	/* a version that can be remembered, with its NUL */
#define SUTURE_LEVEL_MAX	64		/* but the level, with its NUL */
#define SUTURE_MAX_OBJECTS	16
#define SUTURE_MAX_FUNCS	256
#define SUTURE_MAX_RANGES	1024
#define SUTURE_MAX_SITES	256
#define SUTURE_MAX_HOOKS	16
#define SUTURE_MAX_STATES	64
#define SUTURE_MAX_REPLACES	64
#define SUTURE_HOOK_STACK_MIN	(32U << 10)	/* bytes */
#define SUTURE_HOOK_STACK_MAX	(1U << 20)
#define SUTURE_HOOK_LIMIT_MS	1000U		/* where the patch says nothing */
#define SUTURE_HOOK_LIMIT_MAX	60000U
#define SUTURE_MAX_RELOCS	16384
#define SUTURE_MAX_SEGMENTS	8		/* PT_LOADs of a patch */
#define SUTURE_BUILD_ID_MAX	32
#define SUTURE_OLD_BYTES_MAX	32

/* A table of fixed-size records, or the string blob (count = bytes).
 * offset: bytes from the start of the note's descriptor, 8-aligned for tables.
 */
struct suture_table {
	__u32 offset;
	__u32 count;
};

/* flags of struct suture_note */
#define SUTURE_NOTE_QUIESCENT	(1U << 0)	/* else: immediate */
#define SUTURE_NOTE_REPLACE	(1U << 1)	/* takes the place of all patches loaded before */
#define SUTURE_NOTE_ANY_TARGET	(1U << 2)	/* where one target is mapped; else: all of them */
#define SUTURE_NOTE_FLAGS	(SUTURE_NOTE_QUIESCENT | SUTURE_NOTE_REPLACE | \
				 SUTURE_NOTE_ANY_TARGET)

/* The head of the note's descriptor. Strings (name .. author, level) are offsets into
 * the string blob; each is NUL-terminated there; the blob begins with a NUL, so
 * offset 0 is the empty string. The name matches [A-Za-z0-9][A-Za-z0-9._+-]*.
 */
struct suture_note {
	__u32 size;		/* sizeof(struct suture_note) */
	__u16 format;		/* SUTURE_NOTE_FORMAT */
	__u16 machine;		/* e_machine of the targets: EM_X86_64, EM_AARCH64 */
	__u32 flags;		/* SUTURE_NOTE_* */
	__u32 hook_limit_ms;	/* for one hook; 0: SUTURE_HOOK_LIMIT_MS */
	struct suture_table objects;	/* struct suture_object */
	struct suture_table funcs;	/* struct suture_func */
	struct suture_table ranges;	/* struct suture_range */
	struct suture_table sites;	/* struct suture_site */
	struct suture_table hooks;	/* struct suture_hook */
	struct suture_table states;	/* struct suture_state */
	struct suture_table replaces;	/* __u32: names (strings) of patches whose place it takes */
	struct suture_table relocs;	/* struct suture_reloc */
	struct suture_table strings;	/* char */
	__u32 name;
	__u32 version;
	__u32 description;
	__u32 cve;
	__u32 license;
	__u32 author;
	__u64 hook_enter;	/* in the patch, see struct suture_hook; 0 without hooks */
	__u64 hook_leave;	/* likewise */
	__u32 hook_stack;	/* bytes, a multiple of 4096; 0 without hooks */
	__u32 level;		/* string, or empty: what the target is with this patch, its version
				 * and a letter, "2.50.6 (a)". Only to be shown */
};

enum suture_role {
	SUTURE_ROLE_TARGET = 1,	/* has functions or sites replaced */
	SUTURE_ROLE_NEEDED = 2,	/* is only referred to */
};

struct suture_object {
	__u32 role;		/* enum suture_role */
	__u32 name;		/* string: file name or soname, for people and for finding */
	__u32 build_id_len;	/* 1 .. SUTURE_BUILD_ID_MAX */
	__u32 reserved;		/* 0 */
	__u8 build_id[SUTURE_BUILD_ID_MAX];
};

/* flags of struct suture_func */
#define SUTURE_FUNC_FLAGS	0U

/* A replaced function. Addresses of an object are its link-time virtual
 * addresses (st_value), not file offsets. */
struct suture_func {
	__u32 object;		/* index of a target object */
	__u32 name;		/* string */
	__u32 flags;		/* SUTURE_FUNC_* */
	__u32 old_size;		/* bytes, > 0 */
	__u64 old_addr;		/* in the object */
	__u64 new_addr;		/* entry in the patch (a stub, where one is needed) */
	__u8 branch_at;		/* the branch goes to old_addr + this: 0, or 4 behind endbr64/bti */
	__u8 old_len;		/* valid bytes in old_bytes: branch_at + branch length at least */
	__u8 reserved[6];	/* 0 */
	__u8 old_bytes[SUTURE_OLD_BYTES_MAX];	/* what the text has at old_addr */
};

/* A further part of a replaced function (NAME.cold): a thread there is inside. */
struct suture_range {
	__u32 func;		/* index */
	__u32 size;		/* bytes, > 0 */
	__u64 addr;		/* in the function's object */
};

/* One call instruction that is retargeted. */
struct suture_site {
	__u32 object;		/* index of a target object */
	__u32 name;		/* string, "function+0x1c" */
	__u64 addr;		/* of the instruction: a direct call or jump, or (x86-64)
				 * a call through a word, ff 15 */
	__u64 new_addr;		/* in the patch: what is called instead */
	__u8 old_len;		/* length of the instruction: 5 or 6 on x86-64, 4 on arm64 */
	__u8 reserved[7];
	__u8 old_bytes[16];
};

enum suture_hook_kind {
	SUTURE_HOOK_PRE_PATCH = 1,
	SUTURE_HOOK_POST_PATCH = 2,
	SUTURE_HOOK_PRE_UNPATCH = 3,
	SUTURE_HOOK_POST_UNPATCH = 4,
};

/*
 * A hook: int hook(void), with 0 for yes; what a post_* hook returns is ignored.
 * Several of a kind run in the order of the table; the first no ends it. One thread
 * of the process runs them while all others are held, with its signals blocked:
 *
 *   - The kernel saves the thread's registers and lets it go on at hook_enter, which
 *     keeps the vector state in the memory of the stack that it was given, calls the
 *     hook, restores the vector state and reads from the door, an address at which
 *     nothing is mapped: that is how the kernel learns that the hook has returned.
 *     The registers are those of enum suture_hook_reg.
 *   - A hook that exceeds its time is left by going on at hook_leave, which does the
 *     same from behind the call. hook_leave is above hook_enter and nothing else is in
 *     between: a thread found there has its rdi or x0 changed to hook_leave.
 */
struct suture_hook {
	__u32 kind;		/* enum suture_hook_kind */
	__u32 reserved;		/* 0 */
	__u64 addr;		/* in the patch */
};

/* What the registers hold at hook_enter and hook_leave; on x86-64 and on arm64:
 *
 *   rdi, x0   address of the hook (at hook_enter, and unchanged until it is called)
 *   rsi, x1   result of the hook (at hook_leave: what the door is to see)
 *   rbx, x19  address of the door; the result is read by the kernel from rax, x0
 *   r12, x20  64-byte aligned area for the vector state, SUTURE_HOOK_AREA bytes, zero
 *             but for what an earlier save has written there
 *   r13, x21  SUTURE_HOOK_* flags: what the processor has
 *   rsp, sp   16-byte aligned, below that area
 */
#define SUTURE_HOOK_AREA	(16U << 10)
#define SUTURE_HOOK_XSAVE	(1U << 0)	/* x86-64: xsave is enabled, else fxsave */
#define SUTURE_HOOK_SVE		(1U << 1)	/* arm64 */

/*
 * State that a patch builds up in a process and that a later one may take over. A
 * patch that replaces another must name each state of that one, with the same or a
 * higher version. At slot (8-aligned, in a writable segment) the patch has a struct
 * suture_state_slot.
 */
struct suture_state {
	__u32 id;
	__u32 version;
	__u64 slot;		/* in the patch */
};

struct suture_state_slot {
	__u64 data;		/* address of the patch's own data, by a relocation */
	__u64 previous;		/* the kernel writes: data of the patch that is replaced, from
				 * before pre_patch until after post_patch; else 0. Of several
				 * with this state the slot of each leads to the next */
	__u32 previous_version;	/* likewise */
	__u32 id;		/* for the patch itself */
};

#define SUTURE_SELF		0xffffffffU	/* the patch's own base */

/* The 8-byte word at offset (virtual address in the patch, 8-aligned, inside
 * one writable PT_LOAD) becomes base of object + addend. */
struct suture_reloc {
	__u64 offset;
	__u32 object;		/* index, or SUTURE_SELF */
	__u32 reserved;		/* 0 */
	__s64 addend;
};

/* ---------------------------------------------------------------- ioctls */

#define SUTURE_DEVICE		"/dev/suture"
#define SUTURE_SYSFS		"/sys/kernel/suture"

/* Rules for all ioctls: the caller needs CAP_SYS_ADMIN (EPERM); size is
 * sizeof(the struct) (EINVAL otherwise); flags that are not named here are
 * refused (EINVAL), and reserved fields are 0. Where a struct has message, an
 * error is explained there in one line (NUL-terminated, empty if there is
 * nothing to say), also when the ioctl fails.
 */
#define SUTURE_MESSAGE_MAX	256

struct suture_ioc_version {
	__u32 size;
	__u32 abi;		/* out: SUTURE_ABI */
	__u32 note_format;	/* out: SUTURE_NOTE_FORMAT */
	__u32 machine;		/* out: EM_* of the kernel */
	char version[32];	/* out: version of the module */
};
#define SUTURE_ABI		2

/* A file that carries an object of the patch. The kernel reads its build-id
 * and refuses (ENOEXEC) one that does not match. */
struct suture_ioc_file {
	__u32 object;		/* index in the note */
	__s32 fd;		/* readable, stays the caller's */
};

/* Load a patch and start its transition in every process that maps the files,
 * now and later. EEXIST: a patch of this name is loaded already (then the
 * files that were not known are added to it if it is the same file, see
 * nr_added; rules and canary must be 0 or as before, else EINVAL). ESRCH: a rule
 * names a process that is not there. EBUSY: the transition of
 * a patch that touches the same object is under way; or two places overlap but are
 * not the same. EINVAL: the state of a loaded patch is not compatible. ENOENT: a patch
 * to be replaced is named and not loaded. ENOEXEC: not a patch module, or a file with
 * another build-id. EOPNOTSUPP: something in it that this module cannot do. A file that
 * is of no use is left out as long as there is another, see nr_left_out. */
struct suture_ioc_load {
	__u32 size;
	__u32 flags;		/* SUTURE_LOAD_* */
	__s32 fd;		/* the .spm, opened for reading; stays the caller's */
	__u32 nr_files;		/* 1 .. SUTURE_MAX_FILES */
	__u64 files;		/* user pointer: struct suture_ioc_file[nr_files] */
	__u32 nr_added;		/* out: files that are watched because of this call */
	__u32 nr_rules;		/* 0 .. SUTURE_MAX_RULES */
	__u64 rules;		/* user pointer: struct suture_ioc_rule[nr_rules] */
	__u32 canary;		/* percent of the processes, 1 .. 99; 0: all */
	__u32 nr_left_out;	/* 0; out: files of no use, message is of the last of them */
	char name[SUTURE_NAME_MAX];	/* out: the patch's name */
	char message[SUTURE_MESSAGE_MAX];	/* out */
};
#define SUTURE_LOAD_FORCE	(1U << 0)	/* immediate, whatever the note says */
#define SUTURE_LOAD_FLAGS	SUTURE_LOAD_FORCE
#define SUTURE_MAX_FILES	4096

/* Which processes a patch is for, now and later. A process is in scope when it
 * matches one of the rules without EXCEPT (or there is none) and none with EXCEPT.
 * What a process inherits by fork it keeps. */
enum suture_rule_kind {
	SUTURE_RULE_PID = 1,	/* value: id of the process in the caller's pid namespace */
	SUTURE_RULE_UID = 2,	/* value: real user id in the initial namespace */
	SUTURE_RULE_CGROUP = 3,	/* value: id of a cgroup of the v2 hierarchy (st_ino of its
				 * folder); it and everything below */
	SUTURE_RULE_EXE = 4,	/* text: path of the executable as the kernel names it;
				 * *, ? and [] as in shells, * also for / */
};

struct suture_ioc_rule {
	__u32 kind;		/* enum suture_rule_kind */
	__u32 flags;		/* SUTURE_RULE_* */
	__u64 value;
	char text[256];		/* NUL-terminated */
};
#define SUTURE_RULE_EXCEPT	(1U << 0)
#define SUTURE_RULE_FLAGS	SUTURE_RULE_EXCEPT
#define SUTURE_MAX_RULES	256

/* Start to take a patch out. Returns at once; when it is out of every process
 * it is unloaded and its name is unknown (ENOENT). A patch whose transition is
 * still under way is turned round. */
struct suture_ioc_revert {
	__u32 size;
	__u32 flags;		/* SUTURE_REVERT_* */
	char name[SUTURE_NAME_MAX];
	char message[SUTURE_MESSAGE_MAX];
};
#define SUTURE_REVERT_FORCE	(1U << 0)	/* immediate, whatever the note says */
#define SUTURE_REVERT_FLAGS	SUTURE_REVERT_FORCE

/* Wait until the patch's transition has ended: 0 when nothing is left to do,
 * ENOENT when the patch is unknown (a revert has ended), ETIMEDOUT, EINTR. */
struct suture_ioc_wait {
	__u32 size;
	__u32 flags;		/* 0 */
	char name[SUTURE_NAME_MAX];
	__u32 timeout_ms;
	__u32 reserved;
};

enum suture_proc_state {
	SUTURE_PROC_UNPATCHED = 0,	/* not reached yet */
	SUTURE_PROC_PATCHED = 1,
	SUTURE_PROC_WAITING = 2,	/* see reason; tid and func where known */
	SUTURE_PROC_DRAINING = 3,	/* old code is back, a thread is still in the new one */
	SUTURE_PROC_NOT_APPLICABLE = 4,	/* see reason */
	SUTURE_PROC_REFUSED = 5,	/* see reason */
	SUTURE_PROC_FAILED = 6,		/* see error */
};

enum suture_proc_reason {
	SUTURE_REASON_NONE = 0,
	SUTURE_REASON_INSIDE = 1,	/* waiting: thread tid is inside function func */
	SUTURE_REASON_RUNNING = 2,	/* waiting: thread tid did not come within the budget */
	SUTURE_REASON_FORKING = 3,	/* waiting: thread tid is in clone, fork or vfork */
	SUTURE_REASON_ALTSTACK = 4,	/* waiting: tid runs on a stack not its own */
	SUTURE_REASON_BUSY = 5,		/* waiting: a lock or page of the process was not free */
	SUTURE_REASON_NOT_EXEC = 6,	/* not applicable: maps the file, not its text */
	SUTURE_REASON_INCOMPLETE = 7,	/* not applicable: another object is not mapped */
	SUTURE_REASON_OLD_BYTES = 8,	/* refused: the text at func is not what the patch names */
	SUTURE_REASON_NO_ROOM = 9,	/* refused: no free address space in reach */
	SUTURE_REASON_AMBIGUOUS = 10,	/* refused: an object is mapped too many times */
	SUTURE_REASON_HOOK = 11,	/* refused: hook func (index) has returned error */
	SUTURE_REASON_HOOK_LATE = 12,	/* failed: hook func did not return in time; thread tid */
	SUTURE_REASON_HOOK_NOBODY = 13,	/* waiting: no thread could be made to run the hooks */
	SUTURE_REASON_LINKER = 14,	/* waiting: tid is in the dynamic linker, hooks must wait */
	SUTURE_REASON_SCOPE = 15,	/* not applicable: the rules exclude it */
	SUTURE_REASON_CANARY = 16,	/* not applicable yet: not of the canaries */
	SUTURE_REASON_PARTLY = 17,	/* patched: one of the targets is not mapped (ANY_TARGET) */
	SUTURE_REASON_REPLACED = 18,	/* patched: until the patch that replaces it can be applied;
					 * not applicable: that one is in force */
	SUTURE_REASON_HOOKS_DUE = 19,	/* waiting: patched, but its hooks have not run yet */
};

#define SUTURE_NO_FUNC		0xffffffffU

struct suture_proc {
	__s32 pid;		/* thread group id in the caller's pid namespace, 0: not in it */
	__u32 state;		/* enum suture_proc_state */
	__u32 reason;		/* enum suture_proc_reason */
	__s32 error;		/* negative errno, with SUTURE_PROC_FAILED; with REASON_HOOK:
				 * what the hook has returned */
	__s32 tid;		/* the thread that holds it up, or 0 */
	__u32 func;		/* index of the function concerned, of a site + the number
				 * of functions, of a hook; or SUTURE_NO_FUNC */
	__u32 attempts;		/* so far */
	__u32 pause_us;		/* how long its threads were held, last attempt, microseconds */
	__u64 start_time;	/* of the process, nanoseconds since boot */
	char comm[16];
	char thread_comm[16];	/* of tid */
};

/* Every process that maps a target of the patch (and every one that still
 * maps the patch), one record each. */
struct suture_ioc_procs {
	__u32 size;
	__u32 flags;		/* 0 */
	char name[SUTURE_NAME_MAX];
	__u64 procs;		/* user pointer: struct suture_proc[nr] */
	__u32 nr;		/* in: room; out: records there are (may be more) */
	__u32 reserved;
};

enum suture_patch_state {
	SUTURE_PATCH_APPLYING = 1,	/* transition towards patched */
	SUTURE_PATCH_APPLIED = 2,
	SUTURE_PATCH_REVERTING = 3,	/* transition towards unpatched */
};

/* One loaded patch, by its index (0 ..); ENOENT ends the listing. Or, with
 * SUTURE_PATCH_BY_NAME, the one named in name. */
struct suture_ioc_patch {
	__u32 size;
	__u32 flags;		/* SUTURE_PATCH_* */
	__u32 index;
	__u32 state;		/* out: enum suture_patch_state */
	__u32 nr_funcs;		/* out */
	__u32 nr_files;		/* out: files watched */
	__u32 nr_sites;		/* out */
	__u32 nr_hooks;		/* out */
	__u32 nr_rules;		/* out */
	__u32 canary;		/* out: percent, 0: all */
	__u64 loaded_at;	/* out: CLOCK_REALTIME, seconds */
	char name[SUTURE_NAME_MAX];	/* out (in: with BY_NAME) */
	char version[64];	/* out */
	char path[256];		/* out: of the .spm, as the kernel names it */
	char replaced_by[SUTURE_NAME_MAX];	/* out: the patch that takes its place, or empty */
};
#define SUTURE_PATCH_BY_NAME	(1U << 0)

/* A patch that was loaded with canary goes to all processes in scope. EINVAL: it was
 * loaded without. */
struct suture_ioc_promote {
	__u32 size;
	__u32 flags;		/* 0 */
	char name[SUTURE_NAME_MAX];
	char message[SUTURE_MESSAGE_MAX];
};

/* The user registers of a thread that is off the CPU. EAGAIN: it runs. ESRCH. */
struct suture_ioc_thread {
	__u32 size;
	__u32 flags;		/* 0 */
	__s32 tid;		/* in the caller's pid namespace */
	__u32 nr_regs;		/* in: room, in 8-byte words; out: words there are */
	__u64 regs;		/* user pointer: struct user_regs_struct (x86-64) or
				 * struct user_pt_regs (arm64) */
	__u64 switches;		/* out: how often it was switched out so far */
	__u64 start_time;	/* out: of the thread, nanoseconds since boot */
	__u64 tp;		/* out: thread pointer */
};

/* Second opinion: somebody has unwound the stack of this thread, as SUTURE_IOC_THREAD
 * had it, by exact unwind tables to its outermost frame, and these are all its frames.
 * For as long as the thread has not run since, the kernel looks at where they go on
 * instead of at every word of the stack and at the registers. A transition of the patch
 * is tried again at once. EAGAIN: the thread has run. ENOENT: no such patch. ESRCH. */
struct suture_ioc_settle {
	__u32 size;
	__u32 flags;		/* SUTURE_SETTLE_* */
	char name[SUTURE_NAME_MAX];
	__s32 tid;
	__u32 reserved;		/* 0 */
	__u64 switches;		/* of SUTURE_IOC_THREAD */
	__u64 start_time;	/* likewise */
	__u64 frames;		/* user pointer: __u64[nr_frames]: the program counter, then the
				 * return addresses (what a signal interrupted: where it goes
				 * on), the outermost last */
	__u32 nr_frames;	/* 1 .. SUTURE_MAX_FRAMES */
	__u32 reserved2;	/* 0 */
};
#define SUTURE_MAX_FRAMES	1024
#define SUTURE_SETTLE_MORE	(1U << 0)	/* others follow: not tried again yet */
#define SUTURE_SETTLE_FLAGS	SUTURE_SETTLE_MORE

/* A signed list of patches that are revoked (docs/signing.md) is handed in. Those are refused
 * from then on; what is loaded stays until it is reverted, which is the caller's to do. The
 * list takes the place of an earlier one of the same signer. ENOEXEC: not a list. EKEYREJECTED:
 * an older one than was seen; or the signature, as with LOAD, which is always required. */
struct suture_ioc_revoke {
	__u32 size;
	__u32 flags;		/* 0 */
	__s32 fd;		/* the list, opened for reading; stays the caller's */
	__u32 nr_names;		/* in: room, 0 .. SUTURE_MAX_REVOKED; out: loaded patches that are
				 * revoked, by this list or another (may be more) */
	__u64 names;		/* user pointer: char[nr_names][SUTURE_NAME_MAX] */
	__u64 serial;		/* out: of the list */
	__u32 nr_entries;	/* out: of the list */
	__u32 reserved;		/* 0 */
	char message[SUTURE_MESSAGE_MAX];	/* out */
};
#define SUTURE_MAX_REVOKED	4096

/* The newest version seen of each patch whose signature was good: where signatures are
 * required, an older one is refused. One by its index (0 ..); ENOENT ends the listing. With
 * SUTURE_FLOOR_RAISE version is one that was seen, before a boot: what is remembered gets
 * newer by it, never older, and comes back in version. ENOSPC: SUTURE_MAX_FLOORS names are
 * remembered already. */
struct suture_ioc_floor {
	__u32 size;
	__u32 flags;		/* SUTURE_FLOOR_* */
	__u32 index;		/* with RAISE 0 */
	__u32 reserved;		/* 0 */
	char name[SUTURE_NAME_MAX];	/* out (in: with RAISE) */
	char version[SUTURE_FLOOR_VERSION_MAX];	/* out (in: with RAISE) */
};
#define SUTURE_FLOOR_RAISE	(1U << 0)
#define SUTURE_FLOOR_FLAGS	SUTURE_FLOOR_RAISE
#define SUTURE_MAX_FLOORS	1024

#define SUTURE_IOC_MAGIC	0xB5
#define SUTURE_IOC_VERSION	_IOWR(SUTURE_IOC_MAGIC, 0, struct suture_ioc_version)
#define SUTURE_IOC_LOAD		_IOWR(SUTURE_IOC_MAGIC, 1, struct suture_ioc_load)
#define SUTURE_IOC_REVERT	_IOWR(SUTURE_IOC_MAGIC, 2, struct suture_ioc_revert)
#define SUTURE_IOC_WAIT		_IOWR(SUTURE_IOC_MAGIC, 3, struct suture_ioc_wait)
#define SUTURE_IOC_PROCS	_IOWR(SUTURE_IOC_MAGIC, 4, struct suture_ioc_procs)
#define SUTURE_IOC_PATCH	_IOWR(SUTURE_IOC_MAGIC, 5, struct suture_ioc_patch)
#define SUTURE_IOC_PROMOTE	_IOWR(SUTURE_IOC_MAGIC, 6, struct suture_ioc_promote)
#define SUTURE_IOC_THREAD	_IOWR(SUTURE_IOC_MAGIC, 7, struct suture_ioc_thread)
#define SUTURE_IOC_SETTLE	_IOWR(SUTURE_IOC_MAGIC, 8, struct suture_ioc_settle)
#define SUTURE_IOC_REVOKE	_IOWR(SUTURE_IOC_MAGIC, 9, struct suture_ioc_revoke)
#define SUTURE_IOC_FLOOR	_IOWR(SUTURE_IOC_MAGIC, 10, struct suture_ioc_floor)

#endif /* _SUTURE_UAPI_H */
