/* SPDX-License-Identifier: Apache-2.0 */
/* Prepares text for a model: the text is valid UTF-8, has no characters that could deceive a
 * reader, is masked, and is cut between characters. */
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

/* Where a text appears in the answer. This decides how its line breaks are written. Terminal
 * sequences, controls, direction marks and invisible tags are removed everywhere except in
 * EXACT. */
enum text_place {
	TEXT_LINE,   /* one line: line breaks and tabs become spaces */
	TEXT_OURS,   /* text of the plugin: LF and CR LF end a line, other line breaks do not */
	TEXT_OTHERS, /* text of others, which is enclosed: every kind of line break becomes LF */
	TEXT_ROWS,   /* rows for a program (CSV): line breaks do not change */
	/* a secret that the caller requested: only NUL and invalid UTF-8 are removed */
	TEXT_EXACT,
};

/* Appends `text` as valid UTF-8 without NUL, prepared for the place. */
void text_clean(struct buf *out, const char *text, size_t len, enum text_place place);
/* Appends `text` masked, on one line, with at most `max` bytes, then "…". */
void text_line(struct buf *out, const char *text, size_t max);
/* Masks and cleans. Returns `text` itself when nothing changed, else the content of `room`, which
 * the caller has initialised with a cap. */
const char *text_prepare(struct buf *room, const char *text, size_t *len, enum text_place place);
/* Prepares in the same way a long text of which only the first or last `most` bytes of the result
 * are shown. These bytes are exact; the remaining text is prepared only as far as that needs.
 * `more`: the result is not the whole text. */
const char *text_prepare_start(struct buf *room, const char *text, size_t *len,
			       enum text_place place, size_t most, bool *more);
const char *text_prepare_end(struct buf *room, const char *text, size_t *len, enum text_place place,
			     size_t most, bool *more);
/* Like text_prepare(), but without masking. */
const char *text_reveal(struct buf *room, const char *text, size_t *len, enum text_place place);
/* The longest prefix of valid UTF-8 of at most `max` bytes that ends between characters. */
size_t text_cut(const char *text, size_t len, size_t max);
/* Encloses the text of others in marks, so that a model sees where it begins and ends. */
void text_fence(struct buf *out, const char *text, size_t len);
/* Appends 4213 as "4,213". */
void text_number(struct buf *out, uint64_t number);
/* Decodes one character of valid UTF-8 and returns its length. */
int text_decode(const char *text, size_t len, uint32_t *character);
/* Appends a copy of a JSON text that passed the gate. Its strings are decoded, masked, and prepared
 * as text of others. */
void text_mask_json(struct buf *out, const char *json, size_t len);

#endif
