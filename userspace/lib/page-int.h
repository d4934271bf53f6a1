/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the page share: writing HTML in which no text can become markup. */
#ifndef SUTURE_PAGE_INT_H
#define SUTURE_PAGE_INT_H

#include "overview.h"

/* page_text - any string, as text or inside a quoted attribute */
void page_text(FILE *out, const char *text);

/* page_badge - a word in its colour; @nr: how many are so, 0: not said */
void page_badge(FILE *out, enum suture_tone tone, const char *word, size_t nr);

/* page_time - local time, in seconds since 1970; 0: "-" */
void page_time(FILE *out, int64_t seconds);

/* page_us - a duration for people: "35 µs", "1.2 ms" */
void page_us(FILE *out, uint64_t us);

/* page_tone_name - class of that colour */
const char *page_tone_name(enum suture_tone tone);

/* page_proc_tone - of a state of a process of that patch */
enum suture_tone page_proc_tone(const struct suture_overview_patch *patch, uint32_t state);

/* page-where.c: what is patched where */
void page_where(FILE *out, const struct suture_overview *overview);

/* page-plot.c: how long processes were held, and what was when */
void page_pauses(FILE *out, const struct suture_overview *overview);
void page_timeline(FILE *out, const struct suture_overview *overview);

/* page-style.c */
extern const char page_style[];

#endif /* SUTURE_PAGE_INT_H */
