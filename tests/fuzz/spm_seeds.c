// SPDX-License-Identifier: GPL-2.0
/* Writes the files that the fuzzer starts from: spm_seeds FOLDER */
#include "spm_file.h"
#include <stdio.h>

static int write_file(const char *folder, const char *name, const void *bytes, size_t size)
{
	char path[4096];
	FILE *f;
	int bad;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "wb");
	if (!f) {
		perror(path);
		return -1;
	}
	bad = fwrite(bytes, 1, size, f) != size;
	bad |= fclose(f);
	if (bad)
		perror(path);
	return bad ? -1 : 0;
}

/* The sample without its pages of text and data: all segments lie on the notes. */
static size_t compact(struct sample *s)
{
	size_t size = offsetof(struct sample, desc) + sizeof(s->desc);

	s->ph[PH_HEAD].p_filesz = s->ph[PH_HEAD].p_memsz = size;
	s->ph[PH_TEXT].p_offset = 0;
	s->ph[PH_TEXT].p_filesz = s->ph[PH_TEXT].p_memsz = size;
	s->ph[PH_DATA].p_offset = 0;
	s->ph[PH_DATA].p_filesz = 0x40;
	s->desc.states[1].slot = DATA_VADDR + DATA_MEMSZ - 64;
	s->desc.sites[0].new_addr = s->desc.sites[1].new_addr = TEXT_VADDR + 0x80;
	return size;
}

static const char revocations[] =
	"suture-revocations 41\n# why\n\nnavigation-origin 1.0~rc1\nreplace *\n"
	"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";

int main(int argc, char **argv)
{
	static struct sample s;
	struct suture_note *h = &s.desc.head;
	struct parsed p;
	size_t size;
	int ret = 0, i, k;

	if (argc != 2) {
		fprintf(stderr, "usage: spm_seeds FOLDER\n");
		return 2;
	}
	for (i = 0; i < 3; i++) {
		sample_init(&s, i == 1 ? EM_AARCH64 : EM_X86_64);
		size = compact(&s);
		if (i == 2) {	/* one object, one function, nothing else */
			h->objects.count = h->funcs.count = 1;
			h->ranges.count = h->sites.count = h->hooks.count = h->relocs.count = 0;
			h->states.count = h->replaces.count = 0;
			h->hook_enter = h->hook_leave = h->hook_stack = h->hook_limit_ms = 0;
		}
		parse_file(&s, size, &p);
		if (p.ret) {
			fprintf(stderr, "seed %d is refused: %s\n", i, p.why);
			ret = -1;
		}
		parsed_free(&p);
		ret |= write_file(argv[1], i == 0 ? "seed-x86" : i == 1 ? "seed-arm" :
				  "seed-small", &s, size);
	}
	ret |= write_file(argv[1], "seed-list", revocations, sizeof(revocations) - 1);
	ret |= write_file(argv[1], "seed-short", &s, sizeof(s.eh) - 1);
	/* Too many: what the fuzzer would not come upon by itself. */
	for (i = 0; i < 2; i++) {
		sample_init(&s, EM_X86_64);
		size = compact(&s);
		for (k = NR_PHDRS - 1; k >= 0; k--) {
			s.ph[k] = s.ph[i ? PH_NOTE_OTHER : PH_TEXT];
			s.ph[k].p_vaddr = PAGE * (k + 1);
		}
		ret |= write_file(argv[1], i ? "seed-notes" : "seed-segments", &s, size);
	}
	return ret ? 1 : 0;
}
