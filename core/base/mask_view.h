/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms in which a text may contain a value: with JSON escapes, percent-encoded, with entities
 * of web pages, with other white space, in base64, in hexadecimal. Instead of writing each value in
 * all forms, the text is decoded from each of them, and each decoded byte has its position in the
 * text.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_MASK_VIEW_H
#define CORE_BASE_MASK_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct view {
	unsigned char *byte;
	uint32_t *from, *to; /* position of each byte in the text; NULL: byte i is text[i] */
	size_t len;
};

/* The view of the text itself; borrowed. With `places` other views can be made from it. */
struct view view_of(const char *text, size_t len);
/* scratch memory of the other views; view_of() needs none */
void view_fini(struct view *view);
bool view_has_escapes(const struct view *view); /* a backslash, %41 or &#65; */
/* Decodes escapes of JSON, of URIs and of web pages, once. */
struct view view_decoded(const struct view *view, bool places);
/* The text without spaces and line breaks. */
struct view view_squeezed(const struct view *view, bool places);
/* Calls `fn` with each run of base64 of eleven characters or more, decoded from each of its first
 * four characters: a value may begin within a group. */
void view_base64(const char *text, size_t len, bool places,
		 void (*fn)(void *data, const struct view *view), void *data);
/* Calls `fn` in the same way for each run of sixteen hexadecimal digits or more. */
void view_hex(const char *text, size_t len, bool places,
	      void (*fn)(void *data, const struct view *view), void *data);

#endif
