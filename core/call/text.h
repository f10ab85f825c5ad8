/* SPDX-License-Identifier: Apache-2.0 */
/* Text on its way to a model: made valid, rid of what could deceive a reader, masked, cut between
 * characters. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_TEXT_H
#define CORE_CALL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct json_object;

/* Appends `text` as valid UTF-8 without NUL. With `strip`, also without terminal sequences, control
 * characters (but tab and newline), direction marks and invisible tag characters; line ends
 * become \n. */
void text_clean(struct buf *out, const char *text, size_t len, bool strip);
/* The same on one line: line ends and tabs become blanks; at most `max` bytes, then "…". */
void text_line(struct buf *out, const char *text, size_t max);
/* Masked and cleaned. Returns `text` itself where nothing was to change, else what is in `room`,
 * which the caller has initialised with a cap. */
const char *text_prepare(struct buf *room, const char *text, size_t *len, bool strip);
/* The same without masking. */
const char *text_reveal(struct buf *room, const char *text, size_t *len, bool strip);
/* The longest prefix of valid UTF-8 of at most `max` bytes that ends between characters. */
size_t text_cut(const char *text, size_t len, size_t max);
/* Encloses content of strangers, so that a model can tell where it begins and ends. */
void text_fence(struct buf *out, const char *text, size_t len);
/* 4213 as "4,213". */
void text_number(struct buf *out, uint64_t number);
/* Decodes one character of valid UTF-8 and returns its length. */
int text_decode(const char *text, size_t len, uint32_t *character);
/* True for characters that reorder or hide text, and for C1 controls. */
bool text_deceptive(uint32_t character);
/* Appends a masked copy of a JSON text that passed the gate; strings are masked as what they mean,
 * whatever their escapes. */
void text_mask_json(struct buf *out, const char *json, size_t len);

#endif
