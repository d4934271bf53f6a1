// SPDX-License-Identifier: GPL-2.0
/* The parser of patch modules: head of the note, tables, strings, objects. */
#include "spm-int.h"

_Static_assert(sizeof(struct suture_note) == 136, "head of the note");
_Static_assert(sizeof(struct suture_object) == 48, "object record");
_Static_assert(sizeof(struct suture_func) == 72, "function record");
_Static_assert(sizeof(struct suture_range) == 16, "range record");
_Static_assert(sizeof(struct suture_site) == 48, "site record");
_Static_assert(sizeof(struct suture_hook) == 16, "hook record");
_Static_assert(sizeof(struct suture_state) == 16, "state record");
_Static_assert(sizeof(struct suture_reloc) == 24, "relocation record");

/*
 * Well-formed UTF-8 without control characters (C0, DEL, C1). A string ends in
 * a NUL, and that is no continuation byte, so nothing behind it is read.
 */
bool spm_is_printable(const char *string)
{
	const __u8 *s = (const __u8 *)string;
	__u32 c, min;
	int n;

	while (*s) {
		c = *s++;
		if (c < 0x80) {
			if (c < 0x20 || c == 0x7f)
				return false;
			continue;
		} else if ((c & 0xe0) == 0xc0) {
			n = 1, c &= 0x1f, min = 0xa0;	/* below: C1 or overlong */
		} else if ((c & 0xf0) == 0xe0) {
			n = 2, c &= 0x0f, min = 0x800;
		} else if ((c & 0xf8) == 0xf0) {
			n = 3, c &= 0x07, min = 0x10000;
		} else {
			return false;
		}
		for (; n; n--) {
			if ((*s & 0xc0) != 0x80)
				return false;
			c = c << 6 | (*s++ & 0x3f);
		}
		if (c < min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return false;
	}
	return true;
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool spm_is_patch_name(const char *s)
{
	if (!is_alnum(*s))
		return false;
	for (; *s; s++)
		if (!is_alnum(*s) && !strchr("._+-", *s))
			return false;
	return true;
}

/* Empty, or a version, a blank, and a lower-case letter in parentheses. */
static bool is_level(const char *s)
{
	size_t len = strlen(s);

	return !len || (len > 4 && s[len - 4] == ' ' && s[len - 3] == '(' &&
			s[len - 2] >= 'a' && s[len - 2] <= 'z' && s[len - 1] == ')');
}

int spm_check_string(const struct spm_note *note, __u32 off, size_t max, const char **why)
{
	if (off >= note->strings_size)
		return bad(why, "string outside the string blob");
	if (strnlen(note->strings + off, max) == max)
		return bad(why, "string is too long");
	if (!spm_is_printable(note->strings + off))
		return bad(why, "string has control characters or is not UTF-8");
	return 0;
}

static int check_strings(const struct spm_note *note, const char **why)
{
	const struct suture_note *h = note->head;
	const __u32 texts[] = { h->version, h->description, h->cve, h->license, h->author };
	unsigned int i;
	int ret;

	if (note->strings_size == 0 || note->strings[0] != '\0')
		return bad(why, "string blob does not begin with a NUL");
	if (note->strings[note->strings_size - 1] != '\0')
		return bad(why, "string blob does not end in a NUL");
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ret = spm_check_string(note, texts[i], SUTURE_TEXT_MAX, why);
		if (ret)
			return ret;
	}
	ret = spm_check_string(note, h->level, SUTURE_LEVEL_MAX, why);
	if (ret)
		return ret;
	if (!is_level(note->strings + h->level))
		return bad(why, "level is not a version and a letter, as in 1.2 (a)");
	ret = spm_check_string(note, h->name, SUTURE_NAME_MAX, why);
	if (ret)
		return ret;
	if (!spm_is_patch_name(note->strings + h->name))
		return bad(why, "patch name has characters that are not allowed");
	return 0;
}

static int check_objects(const struct spm_note *note, const char **why)
{
	const struct suture_object *o, *p;
	unsigned int i, j;
	int ret;

	if (note->nr_objects == 0)
		return bad(why, "no objects");
	for (i = 0; i < note->nr_objects; i++) {
		o = &note->objects[i];
		if (o->role != SUTURE_ROLE_TARGET && o->role != SUTURE_ROLE_NEEDED)
			return bad(why, "unknown role of an object");
		if (o->reserved)
			return bad(why, "reserved field of an object is not 0");
		ret = spm_check_string(note, o->name, SUTURE_TEXT_MAX, why);
		if (ret)
			return ret;
		if (note->strings[o->name] == '\0')
			return bad(why, "object without a name");
		if (o->build_id_len == 0 || o->build_id_len > SUTURE_BUILD_ID_MAX)
			return bad(why, "build-id of a wrong length");
		if (!all_zero(o->build_id + o->build_id_len,
			      SUTURE_BUILD_ID_MAX - o->build_id_len))
			return bad(why, "bytes behind a build-id are not 0");
		for (j = 0; j < i; j++) {
			p = &note->objects[j];
			if (p->build_id_len == o->build_id_len &&
			    memcmp(p->build_id, o->build_id, o->build_id_len) == 0)
				return bad(why, "object is listed twice");
		}
	}
	return 0;
}

/* One table of the head: where it is, what a record is, how many there may be. */
struct table {
	const struct suture_table *t;
	__u32 record, align, max;
};

/* @limit: bytes of the descriptor */
static int check_tables(const struct table *tables, unsigned int nr, __u64 limit,
			const char **why)
{
	const struct table *a, *b;
	unsigned int i, j;

	for (i = 0; i < nr; i++) {
		a = &tables[i];
		if (a->t->count > a->max)
			return bad(why, "table has too many records");
		if (a->t->offset & (a->align - 1))
			return bad(why, "table is not aligned");
		if (a->t->count == 0)
			continue;
		if (a->t->offset < sizeof(struct suture_note))
			return bad(why, "table overlaps the head of the note");
		if (!inside(a->t->offset, (__u64)a->t->count * a->record, limit))
			return bad(why, "table outside the note");
		for (j = 0; j < i; j++) {
			b = &tables[j];
			if (overlap(a->t->offset, (__u64)a->t->count * a->record,
				    b->t->offset, (__u64)b->t->count * b->record))
				return bad(why, "tables overlap");
		}
	}
	return 0;
}

static const void *table_at(const struct suture_note *head, const struct suture_table *t)
{
	return t->count ? (const __u8 *)head + t->offset : NULL;
}

static int find_tables(const struct suture_note *h, size_t len, struct spm_note *note,
		       const char **why)
{
	const struct table tables[] = {
		{ &h->objects, sizeof(struct suture_object), 8, SUTURE_MAX_OBJECTS },
		{ &h->funcs, sizeof(struct suture_func), 8, SUTURE_MAX_FUNCS },
		{ &h->ranges, sizeof(struct suture_range), 8, SUTURE_MAX_RANGES },
		{ &h->sites, sizeof(struct suture_site), 8, SUTURE_MAX_SITES },
		{ &h->hooks, sizeof(struct suture_hook), 8, SUTURE_MAX_HOOKS },
		{ &h->states, sizeof(struct suture_state), 8, SUTURE_MAX_STATES },
		{ &h->replaces, sizeof(__u32), 8, SUTURE_MAX_REPLACES },
		{ &h->relocs, sizeof(struct suture_reloc), 8, SUTURE_MAX_RELOCS },
		{ &h->strings, 1, 1, SUTURE_NOTE_MAX },
	};
	int ret;

	ret = check_tables(tables, sizeof(tables) / sizeof(tables[0]), len, why);
	if (ret)
		return ret;
	note->head = h;
	note->objects = table_at(h, &h->objects);
	note->nr_objects = h->objects.count;
	note->funcs = table_at(h, &h->funcs);
	note->nr_funcs = h->funcs.count;
	note->ranges = table_at(h, &h->ranges);
	note->nr_ranges = h->ranges.count;
	note->sites = table_at(h, &h->sites);
	note->nr_sites = h->sites.count;
	note->hooks = table_at(h, &h->hooks);
	note->nr_hooks = h->hooks.count;
	note->states = table_at(h, &h->states);
	note->nr_states = h->states.count;
	note->replaces = table_at(h, &h->replaces);
	note->nr_replaces = h->replaces.count;
	note->relocs = table_at(h, &h->relocs);
	note->nr_relocs = h->relocs.count;
	note->strings = table_at(h, &h->strings);
	note->strings_size = h->strings.count;
	return 0;
}

static int check_head(const struct suture_note *h, const struct spm_elf *elf,
		      const char **why)
{
	if (h->format != SUTURE_NOTE_FORMAT)
		return unknown(why, "unknown format of the note");
	if (h->size != sizeof(*h))
		return bad(why, "head of the note has another size");
	if (!spm_find_machine(h->machine))
		return unknown(why, "patch is for a machine that is not supported");
	if (h->machine != elf->machine)
		return bad(why, "machine of the note is not the machine of the file");
	if (h->flags & ~SUTURE_NOTE_FLAGS)
		return unknown(why, "unknown flags of the note");
	return 0;
}

static int check_note(const struct spm_note *note, const struct spm_elf *elf,
		      const char **why)
{
	const struct spm_machine *m = spm_find_machine(note->head->machine);
	int ret;

	ret = check_strings(note, why);
	if (!ret)
		ret = check_objects(note, why);
	if (!ret)
		ret = spm_check_code(note, m, elf, why);
	if (!ret)
		ret = spm_check_rest(note, m, elf, why);
	return ret;
}

int spm_parse_note(const void *desc, size_t len, const struct spm_elf *elf,
		   struct spm_note *note, const char **why)
{
	const struct suture_note *head = desc;
	int ret;

	memset(note, 0, sizeof(*note));
	*why = NULL;
	if ((unsigned long)desc & 7)
		return bad(why, "note is not aligned in memory");
	if (len < sizeof(*head))
		return bad(why, "note is too short for its head");
	if (len > SUTURE_NOTE_MAX)
		return bad(why, "note is too large");
	ret = check_head(head, elf, why);
	if (!ret)
		ret = find_tables(head, len, note, why);
	if (!ret)
		ret = check_note(note, elf, why);
	if (ret)
		memset(note, 0, sizeof(*note));
	return ret;
}
