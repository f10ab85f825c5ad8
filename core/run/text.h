/* SPDX-License-Identifier: Apache-2.0 */
/* Text on its way to a model: made valid, rid of what could deceive a reader, masked, cut between
 * characters. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RUN_TEXT_H
#define CORE_RUN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct json_object;

/* Where a text will stand, which decides what a line break in it becomes. Terminal sequences,
 * controls, direction marks and invisible tags are left out everywhere but in EXACT. */
enum text_place {
	TEXT_LINE,   /* one line: breaks and tabs become blanks */
	TEXT_OURS,   /* lines of the plugin's: LF and CR LF end one, all else that could does not */
	TEXT_OTHERS, /* enclosed text of others: every kind of break becomes LF */
	TEXT_ROWS,   /* rows for a program (CSV): breaks stay as they are */
	TEXT_EXACT,  /* what somebody asked to have revealed: only NUL and invalid UTF-8 go */
};

/* Appends `text` as valid UTF-8 without NUL, fit for the place. */
void text_clean(struct buf *out, const char *text, size_t len, enum text_place place);
/* Masked, on one line, at most `max` bytes, then "…". */
void text_line(struct buf *out, const char *text, size_t max);
/* Masked and cleaned. Returns `text` itself where nothing was to change, else what is in `room`,
 * which the caller has initialised with a cap. */
const char *text_prepare(struct buf *room, const char *text, size_t *len, enum text_place place);
/* The same for a long text of which only the first or last `most` bytes (of what comes back) are to
 * be shown: they are exact, and of the rest only so much is prepared as that takes. `more` says
 * whether the rest is not all there. */
const char *text_prepare_start(struct buf *room, const char *text, size_t *len,
			       enum text_place place, size_t most, bool *more);
const char *text_prepare_end(struct buf *room, const char *text, size_t *len, enum text_place place,
			     size_t most, bool *more);
/* text_prepare() without masking. */
const char *text_reveal(struct buf *room, const char *text, size_t *len, enum text_place place);
/* The longest prefix of valid UTF-8 of at most `max` bytes that ends between characters. */
size_t text_cut(const char *text, size_t len, size_t max);
/* Encloses content of strangers, so that a model can tell where it begins and ends. */
void text_fence(struct buf *out, const char *text, size_t len);
/* 4213 as "4,213". */
void text_number(struct buf *out, uint64_t number);
/* Decodes one character of valid UTF-8 and returns its length. */
int text_decode(const char *text, size_t len, uint32_t *character);
/* Appends a copy of a JSON text that passed the gate, in which the strings, whatever their escapes,
 * are masked and prepared as text of others. */
void text_mask_json(struct buf *out, const char *json, size_t len);

#endif
