// SPDX-License-Identifier: GPL-2.0-only
/* The frames of a thread that does not run, by unwind tables alone. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"
#include "unwind-int.h"

#define VDSO_MAX	(64U << 10)	/* bytes; it has two pages */
#define STACK_MAX	(16U << 20)	/* bytes of one stack, as for the kernel */
#define ARGS_MAX	(64U << 10)	/* what ld.so, run as a program, takes from the stack */

/* One thread being unwound. */
struct unwind_walk {
	struct suture_unwind *unwind;
	const uint64_t *regs;
	struct suture_backtrace *backtrace;
	bool exact;		/* the next frame's pc is the place itself */
	bool outermost;		/* the tables say that there is no further frame */
	bool interrupted;	/* it goes on with the registers below */
	uint64_t words[UNWIND_SIGNAL_WORDS];
	bool failed;		/* why is filled */
};

/* ------------------------------------------------------------- for libdwfl */

static int find_elf(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base,
		    char **ret_name, Elf **ret_elf)
{
	const struct unwind_module *module = *userdata;
	const struct unwind_map *map = &module->unwind->maps[module->first];
	struct suture_mapping mapping = {
		.pid = module->unwind->tid,
		.tid = module->unwind->tid,
		.start = map->start,
		.end = map->end,
		.dev = map->dev,
		.inode = map->inode,
		.exec = map->exec,
		.deleted = map->deleted,
		.path = map->path,
	};

	(void)mod;
	(void)name;
	(void)base;
	if (module->image) {
		*ret_elf = elf_memory(module->image, module->end - module->start);
		return -1;
	}
	*ret_name = strdup(map->path);
	return suture_mapping_open(&mapping);
}

/* The file itself must do: what lies elsewhere may be of another build. */
static int no_debuginfo(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base,
			const char *file, const char *link, GElf_Word crc, char **ret_name)
{
	(void)mod, (void)userdata, (void)name, (void)base;
	(void)file, (void)link, (void)crc, (void)ret_name;
	return -1;
}

static Dwfl_Callbacks callbacks = {	/* and section_address, of libdw's own */
	.find_elf = find_elf,
	.find_debuginfo = no_debuginfo,
};

static pid_t next_thread(Dwfl *dwfl, void *arg, void **ret_arg)
{
	(void)dwfl, (void)arg, (void)ret_arg;
	return 0;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *arg, void **ret_arg)
{
	struct suture_unwind *unwind = arg;

	(void)dwfl, (void)tid;
	*ret_arg = unwind->walk;
	return true;
}

static bool memory_read(Dwfl *dwfl, Dwarf_Addr addr, Dwarf_Word *ret, void *arg)
{
	(void)dwfl;
	return unwind_peek(arg, addr, ret, sizeof(*ret));
}

static bool set_registers(Dwfl_Thread *thread, void *arg)
{
	const struct unwind_walk *walk = arg;
	Dwarf_Word words[UNWIND_DWARF_REGS];
	unsigned int nr = unwind_dwarf_regs(walk->regs, words);

	if (!dwfl_thread_state_registers(thread, 0, nr, words))
		return false;
	dwfl_thread_state_register_pc(thread, unwind_pc(walk->regs));
	return true;
}

static const Dwfl_Thread_Callbacks thread_callbacks = {
	.next_thread = next_thread,
	.get_thread = get_thread,
	.memory_read = memory_read,
	.set_initial_registers = set_registers,
};

/* ------------------------------------------------------------ open, close */

static int report_modules(struct suture_unwind *unwind)
{
	dwfl_report_begin(unwind->dwfl);
	for (size_t i = 0; i < unwind->nr_modules; i++) {
		struct unwind_module *module = &unwind->modules[i];
		const struct unwind_map *map = &unwind->maps[module->first];
		uint64_t size = module->end - module->start;
		void **userdata;

		if (!map->inode) {	/* the vdso is in no file */
			module->image = size <= VDSO_MAX ? malloc(size) : NULL;
			if (!module->image ||
			    !unwind_read(unwind, module->start, module->image, size))
				module->state = MODULE_BAD;
		}
		module->mod = dwfl_report_module(unwind->dwfl, map->path, module->start,
						 module->end);
		if (!module->mod)
			return -ENOMEM;
		dwfl_module_info(module->mod, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
		*userdata = module;
	}
	return dwfl_report_end(unwind->dwfl, NULL, NULL) ? -ENOMEM : 0;
}

/* Every thread has a folder in /proc; only that of a leader names itself. */
static bool is_leader(pid_t tid)
{
	char path[64], line[256];
	int tgid = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file) && sscanf(line, "Tgid: %d", &tgid) != 1)
		;
	fclose(file);
	return tgid == tid;
}

int suture_unwind_open(pid_t tid, struct suture_unwind **ret, struct suture_error *err)
{
	struct suture_unwind *unwind;
	int r;

	r = suture_dw_load(err);
	if (r)
		return r;
	callbacks.section_address = dwfl_offline_section_address;
	unwind = calloc(1, sizeof(*unwind));
	if (!unwind)
		return suture_error_nomem(err);
	unwind->tid = tid;
	unwind->self_fd = -1;
	r = unwind_maps_read(unwind, err);
	if (r)
		goto err;

	elf_version(EV_CURRENT);
	unwind->self_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	unwind->self = elf_begin(unwind->self_fd, ELF_C_READ, NULL);
	unwind->dwfl = dwfl_begin(&callbacks);
	if (!unwind->self || !unwind->dwfl) {
		r = suture_error_set(err, -EIO, "cannot set up libdw: %s", dwfl_errmsg(-1));
		goto err;
	}
	r = report_modules(unwind);
	if (!r && !dwfl_attach_state(unwind->dwfl, unwind->self, tid, &thread_callbacks, unwind))
		r = -EIO;
	if (r) {
		suture_error_set(err, r, "libdw does not take process %d: %s", tid,
				 dwfl_errmsg(-1));
		goto err;
	}
	*ret = unwind;
	return 0;
err:
	suture_unwind_close(unwind);
	return r;
}

void suture_unwind_close(struct suture_unwind *unwind)
{
	if (!unwind)
		return;
	if (unwind->dwfl)
		dwfl_end(unwind->dwfl);
	elf_end(unwind->self);
	if (unwind->self_fd >= 0)
		close(unwind->self_fd);
	unwind_maps_free(unwind);	/* after dwfl_end(): it reads the vdso's image */
	free(unwind);
}

void suture_backtrace_free(struct suture_backtrace *backtrace)
{
	free(backtrace->frames);
	backtrace->frames = NULL;
}

/* ------------------------------------------------------------- one thread */

__attribute__((format(printf, 2, 3)))
static int give_up(struct unwind_walk *walk, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(walk->backtrace->why, sizeof(walk->backtrace->why), fmt, ap);
	va_end(ap);
	walk->failed = true;
	return DWARF_CB_ABORT;
}

static char *place_of(struct unwind_walk *walk, uint64_t pc, char *buf, size_t size)
{
	return suture_unwind_place_text(walk->unwind, pc, buf, size);
}

/*
 * What the tables say of the frame at @addr. libdwfl asks them in this order, too; where
 * neither knows, it would follow frame pointers.
 */
static int frame_rules(struct unwind_module *module, uint64_t addr, bool *ret_signal,
		       bool *ret_outermost)
{
	Dwarf_Op mem[3], *ops;
	Dwarf_Frame *frame;
	Dwarf_Addr bias;
	Dwarf_CFI *cfi;
	size_t nr;
	int ra;

	cfi = dwfl_module_eh_cfi(module->mod, &bias);
	if (!cfi || dwarf_cfi_addrframe(cfi, addr - bias, &frame)) {
		cfi = dwfl_module_dwarf_cfi(module->mod, &bias);
		if (!cfi || dwarf_cfi_addrframe(cfi, addr - bias, &frame))
			return -ENODATA;
	}
	ra = dwarf_frame_info(frame, NULL, NULL, ret_signal);
	if (ra < 0 || dwarf_frame_register(frame, ra, mem, &ops, &nr)) {
		free(frame);
		return -ENODATA;
	}
	*ret_outermost = !nr && ops == mem;	/* undefined */
	free(frame);
	return 0;
}

static int add_frame(struct unwind_walk *walk, uint64_t pc, uint64_t sp)
{
	struct suture_backtrace *backtrace = walk->backtrace;
	struct suture_frame *grown;

	if (!(backtrace->nr & (backtrace->nr - 1))) {
		grown = reallocarray(backtrace->frames, backtrace->nr ? 2 * backtrace->nr : 1,
				     sizeof(*grown));
		if (!grown)
			return give_up(walk, "out of memory");
		backtrace->frames = grown;
	}
	backtrace->frames[backtrace->nr++] = (struct suture_frame){
		.pc = pc, .sp = sp, .exact = walk->exact,
	};
	return DWARF_CB_OK;
}

static int on_frame(Dwfl_Frame *state, void *arg)
{
	struct unwind_walk *walk = arg;
	struct suture_backtrace *backtrace = walk->backtrace;
	size_t nr = backtrace->nr;
	bool exact = walk->exact, signal;
	struct unwind_module *module;
	Dwarf_Addr pc;
	Dwarf_Word sp;
	char place[160];

	if (nr == SUTURE_MAX_FRAMES)
		return give_up(walk, "it has more than %d frames", SUTURE_MAX_FRAMES);
	if (!dwfl_frame_pc(state, &pc, NULL) || dwfl_frame_reg(state, unwind_sp_regno(), &sp))
		return give_up(walk, "frame %zu: %s", nr, dwfl_errmsg(-1));
	if (add_frame(walk, pc, sp))
		return DWARF_CB_ABORT;
	walk->interrupted = !exact && unwind_interrupted(walk->unwind, pc, sp, walk->words);
	if (walk->interrupted) {
		walk->exact = true;
		return DWARF_CB_ABORT;
	}
	module = unwind_module_at(walk->unwind, exact ? pc : pc - 1);
	if (!module || frame_rules(module, exact ? pc : pc - 1, &signal, &walk->outermost))
		return give_up(walk, "frame %zu, %s, has no unwind table", nr,
			       place_of(walk, pc, place, sizeof(place)));
	/* Wrong tables lead to words that are no return addresses. */
	if (!exact && !signal && !suture_unwind_behind_call(walk->unwind, pc))
		return give_up(walk, "frame %zu, %s, is not behind a call", nr,
			       place_of(walk, pc, place, sizeof(place)));
	if (nr && !exact && sp < backtrace->frames[nr - 1].sp)
		return give_up(walk, "frame %zu, %s, is on another stack", nr,
			       place_of(walk, pc, place, sizeof(place)));
	if (signal && !unwind_signal_tables())
		return give_up(walk, "frame %zu, %s, is a signal's, in an unknown way", nr,
			       place_of(walk, pc, place, sizeof(place)));
	walk->exact = signal;
	return DWARF_CB_OK;
}

/* Writable mappings in a row that hold both. */
static bool same_stack(const struct suture_unwind *unwind, uint64_t low, uint64_t high)
{
	const struct unwind_map *map = unwind_find_map(unwind, low);

	if (high < low || high - low > STACK_MAX)
		return false;
	for (; map && map->read && map->write; map++) {
		if (high < map->end)
			return true;
		if (map + 1 == unwind->maps + unwind->nr_maps || map[1].start != map->end)
			break;
	}
	return false;
}

/*
 * Is the outermost frame where the thread began? A coroutine's has no caller either, but
 * below it is the thread's own stack, of which nothing is known. The main thread began
 * where the kernel put its arguments; another one in a call behind which it ends itself,
 * on the stack at whose end is its control block. (So did the main thread of a process
 * that was forked by such a one.)
 */
static bool is_beginning(struct unwind_walk *walk, uint64_t tp)
{
	struct suture_unwind *unwind = walk->unwind;
	const struct suture_frame *last = &walk->backtrace->frames[walk->backtrace->nr - 1];
	uint8_t bytes[UNWIND_BEHIND];

	if (unwind->is_leader && last->sp + 256 >= unwind->start_stack &&
	    last->sp <= unwind->start_stack + ARGS_MAX)
		return true;
	return unwind_peek(unwind, last->pc, bytes, sizeof(bytes)) && unwind_ends_thread(bytes) &&
	       same_stack(unwind, last->sp, tp);
}

int suture_unwind_thread(struct suture_unwind *unwind, pid_t tid, const uint64_t *regs,
			 uint64_t tp, struct suture_backtrace *ret, struct suture_error *err)
{
	struct unwind_walk walk = {
		.unwind = unwind, .regs = regs, .backtrace = ret, .exact = true,
	};
	char place[160];
	int r;

	memset(ret, 0, sizeof(*ret));
	unwind->is_leader = is_leader(tid);
	unwind_forget(unwind);
	unwind->walk = &walk;
	do {
		walk.interrupted = false;
		r = dwfl_getthread_frames(unwind->dwfl, tid, on_frame, &walk);
		walk.regs = walk.words;
	} while (walk.interrupted);
	unwind->walk = NULL;
	if (walk.failed)
		return 0;
	if (!ret->nr)
		return suture_error_set(err, -EIO, "libdw does not unwind thread %d: %s", tid,
					dwfl_errmsg(-1));
	place_of(&walk, ret->frames[ret->nr - 1].pc, place, sizeof(place));
	if (r || !walk.outermost)
		give_up(&walk, "behind frame %zu, %s, the stack cannot be read: %s", ret->nr - 1,
			place, r ? dwfl_errmsg(-1) : "no return address");
	else if (!is_beginning(&walk, tp))
		give_up(&walk, "the stack ends in %s, where no thread begins: a coroutine's?",
			place);
	else
		ret->complete = true;
	return 0;
}

/* -------------------------------------------------------------- addresses */

bool suture_unwind_place(struct suture_unwind *unwind, uint64_t addr, struct suture_place *ret)
{
	struct unwind_module *module = unwind_module_at(unwind, addr);
	const unsigned char *id;
	GElf_Addr at;
	int len;

	memset(ret, 0, sizeof(*ret));
	if (!module)
		return false;
	ret->path = unwind->maps[module->first].path;
	ret->addr = addr - module->bias;
	len = dwfl_module_build_id(module->mod, &id, &at);
	if (len > 0) {
		ret->build_id = id;
		ret->build_id_len = len;
	}
	return true;
}

const char *suture_unwind_symbol(struct suture_unwind *unwind, uint64_t addr)
{
	struct unwind_module *module = unwind_module_at(unwind, addr);
	const char *name = module ? dwfl_module_addrname(module->mod, addr) : NULL;
	GElf_Addr at, best = 0;
	GElf_Sym sym;

	if (!name || name[0] != '$')
		return name;
	/* arm64 marks code and data by symbols of that kind; a function without size is meant */
	name = NULL;
	for (int i = dwfl_module_getsymtab(module->mod) - 1; i > 0; i--) {
		const char *other = dwfl_module_getsym_info(module->mod, i, &sym, &at, NULL, NULL,
							    NULL);

		if (other && *other && *other != '$' && sym.st_shndx != SHN_UNDEF && at <= addr &&
		    at >= best && GELF_ST_TYPE(sym.st_info) <= STT_FUNC) {
			name = other;
			best = at;
		}
	}
	return name;
}

const char *suture_unwind_text_path(const struct suture_unwind *unwind, uint64_t addr)
{
	const struct unwind_map *map = unwind_find_map(unwind, addr);

	return map && map->exec && map->inode ? map->path : NULL;
}

char *suture_unwind_place_text(struct suture_unwind *unwind, uint64_t addr, char *buf, size_t size)
{
	const struct unwind_map *map = unwind_find_map(unwind, addr);
	char name[64], symbol[64];
	const char *file, *function;
	struct suture_place place;

	if (!map || !*map->path) {
		snprintf(buf, size, "0x%" PRIx64 " (%s)", addr, map ? "memory of no file" :
								      "nothing is mapped there");
		return buf;
	}
	file = strrchr(map->path, '/');
	suture_text_clean_buf(file ? file + 1 : map->path, 0, name, sizeof(name));
	if (!suture_unwind_place(unwind, addr, &place))
		snprintf(buf, size, "0x%" PRIx64 " (%s)", addr, name);
	else if ((function = suture_unwind_symbol(unwind, addr)))
		snprintf(buf, size, "%s (%s)",
			 suture_text_clean_buf(function, 0, symbol, sizeof(symbol)), name);
	else
		snprintf(buf, size, "0x%" PRIx64 " of %s", place.addr, name);
	return buf;
}

bool suture_unwind_behind_call(struct suture_unwind *unwind, uint64_t addr)
{
	uint8_t bytes[UNWIND_BEFORE];

	return unwind_peek(unwind, addr - sizeof(bytes), bytes, sizeof(bytes)) &&
	       unwind_ends_with_call(bytes);
}

bool suture_unwind_is_function(struct suture_unwind *unwind, uint64_t addr)
{
	struct unwind_module *module = unwind_module_at(unwind, addr);
	GElf_Off offset;
	GElf_Sym sym;

	return module && dwfl_module_addrinfo(module->mod, addr, &offset, &sym, NULL, NULL, NULL) &&
	       !offset;
}

/* [@start, end of its stack) */
static int stack_words(struct suture_unwind *unwind, uint64_t start, suture_word_fn fn, void *arg)
{
	const struct unwind_map *map = unwind_find_map(unwind, start);
	uint64_t end = map ? map->end : start;
	uint64_t step = start % sizeof(uint64_t) ? 1 : sizeof(uint64_t), word;
	char buf[4096];
	int ret = 0;

	for (; map && map + 1 < unwind->maps + unwind->nr_maps && map[1].start == end &&
	       map[1].read && map[1].write && end - start < STACK_MAX; map++)
		end = map[1].end;
	while (!ret && start + sizeof(word) <= end) {
		size_t size = end - start < sizeof(buf) ? end - start : sizeof(buf), i;

		if (!unwind_read(unwind, start, buf, size))
			return -EFAULT;
		for (i = 0; !ret && i + sizeof(word) <= size; i += step) {
			memcpy(&word, buf + i, sizeof(word));
			ret = fn(word, arg);
		}
		start += i;
	}
	return ret;
}

/*
 * Is that register of the innermost frame left over? Nobody reads it there, nor in the
 * caller: that may know what it calls, and keep something in it, if both are one object.
 * Behind a signal's frame it has what is on the stack.
 */
static bool left_over(struct suture_unwind *unwind, const struct suture_backtrace *backtrace,
		      unsigned int reg)
{
	const struct suture_frame *frame = backtrace->frames;
	const char *path, *next;

	for (size_t k = 0; k + 1 < backtrace->nr; k++, frame++) {
		if (!unwind_reg_is_dead(unwind, frame->pc, reg))
			return false;
		path = suture_unwind_text_path(unwind, frame->pc);
		next = suture_unwind_text_path(unwind, frame[1].pc);
		if (frame[1].exact || (path && next && strcmp(path, next)))
			return true;
	}
	return false;
}

int suture_unwind_words(struct suture_unwind *unwind, const struct suture_backtrace *backtrace,
			const uint64_t *regs, suture_word_fn fn, void *arg)
{
	unsigned int nr = unwind_nr_regs(), i;
	int ret = 0;

	for (i = 0; i < nr && !ret; i++) {
		ret = fn(regs[i], arg);
		if (ret > 0 && left_over(unwind, backtrace, i))
			ret = 0;
	}
	for (size_t k = 0; k < backtrace->nr && !ret; k++) {
		/* Once a stack: where it begins, and where a signal has changed to another. */
		if (!k || backtrace->frames[k].exact)
			ret = stack_words(unwind, backtrace->frames[k].sp, fn, arg);
	}
	return ret;
}
