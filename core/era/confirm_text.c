/* SPDX-License-Identifier: Apache-2.0 */
#include "era/confirm_text.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "era/inside.h"
#include "run/text.h"

#define VALUE_LINE_MAX 200u   /* bytes of an argument in a line */
#define VALUE_BLOCK_MAX 3000u /* bytes of an argument in lines of its own */
#define BLOCK_ROOM (3 * VALUE_BLOCK_MAX)
#define COUNT_ROOM 80u /* for the line that counts what does not fit */

/* The value as text: a string without its quotes, another value as JSON, which is written into
 * `room`. */
static const char *
value_text(struct json_object *value, struct buf *room)
{
	if (json_object_is_type(value, json_type_string))
		return json_object_get_string(value);
	buf_json_tree(room, value);
	return room->data;
}

/* On one line, with at most VALUE_LINE_MAX bytes. What could deceive the person, such as direction
 * marks, is removed. */
static void
add_line(struct buf *out, struct json_object *value)
{
	struct buf room;

	buf_init_keeping(&room, 4 * VALUE_LINE_MAX);
	text_line(out, value_text(value, &room), VALUE_LINE_MAX);
	buf_fini(&room);
}

/* Does add_line() show everything? A line break changes what a statement means: it ends a
 * comment. */
static bool
fits_line(struct json_object *value)
{
	struct buf room;
	const char *text;
	bool fits;

	buf_init_keeping(&room, 4 * VALUE_LINE_MAX);
	text = value_text(value, &room);
	fits = strlen(text) <= VALUE_LINE_MAX && text[strcspn(text, "\n\v\f\r")] == '\0' &&
	       strstr(text, "\xc2\x85") == NULL && strstr(text, "\xe2\x80\xa8") == NULL &&
	       strstr(text, "\xe2\x80\xa9") == NULL;
	buf_fini(&room);
	return fits;
}

static bool
is_redacted(const struct row *row, const char *argument)
{
	struct json_object *list = json_arr(row->meta, "redact");

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), argument) ==
		    0)
			return true;
	return false;
}

/* ---- the sentence -------------------------------------------------------------------------- */

/* The length of "{argument}" at this place, whose name is stored; 0: there is none. */
static size_t
place_at(const char *at, char name[64])
{
	const size_t len = *at == '{' ? strcspn(at, "}") : 0;

	if (len < 2 || len > 64 || at[len] != '}')
		return 0;
	memcpy(name, at + 1, len - 1);
	name[len - 1] = '\0';
	return len + 1;
}

/* Replaces {argument} in the sentence of the tool. */
static void
add_sentence(struct buf *out, const struct row *row, struct json_object *arguments,
	     const char *sentence)
{
	char name[64];

	for (const char *at = sentence; *at != '\0';) {
		const size_t len = place_at(at, name);
		struct json_object *value;

		if (len == 0) {
			buf_putc(out, *at++);
			continue;
		}
		value = json_get(arguments, name);
		if (value != NULL && !is_redacted(row, name))
			add_line(out, value);
		else
			buf_puts(out, value != NULL ? "(not shown)" : "(not given)");
		at += len;
	}
}

static bool
sentence_has(const char *sentence, const char *argument)
{
	char name[64];

	for (const char *at = sentence; at != NULL && *at != '\0'; at++)
		if (place_at(at, name) > 0 && strcmp(name, argument) == 0)
			return true;
	return false;
}

/* ---- the other arguments ------------------------------------------------------------------- */

/* The lines of a long value, each behind "| ". */
static void
add_block(struct buf *out, const char *text)
{
	size_t len = strlen(text), kept;
	const char *clean;
	struct buf room;
	bool more;

	buf_init(&room, len * 3 + 64);
	clean = text_prepare_start(&room, text, &len, TEXT_OTHERS, VALUE_BLOCK_MAX, &more);
	kept = text_cut(clean, len, VALUE_BLOCK_MAX);
	buf_puts(out, "\n| ");
	for (size_t i = 0; i < kept; i++) {
		/* a terminal would show lines with tabs as a table, and cut its cells */
		buf_putc(out, clean[i] == '\t' ? ' ' : clean[i]);
		if (clean[i] == '\n')
			buf_puts(out, "| ");
	}
	if (more || kept < len)
		buf_printf(out, "\nThat was not all: the whole value has %zu bytes.", strlen(text));
	buf_fini(&room);
}

static void
add_argument(struct buf *out, const struct row *row, const char *name, struct json_object *value)
{
	struct buf room;

	buf_putc(out, '\n');
	text_line(out, name, VALUE_LINE_MAX);
	buf_putc(out, ':');
	if (is_redacted(row, name)) {
		buf_puts(out, " (not shown)");
	} else if (fits_line(value)) {
		buf_putc(out, ' ');
		add_line(out, value);
	} else {
		buf_init(&room, LIMIT_BODY * 2);
		add_block(out, value_text(value, &room));
		buf_fini(&room);
	}
}

/* An argument with the default value of the schema says nothing. The workspace has a sentence. */
static bool
is_said(const struct row *row, const char *sentence, const char *name, struct json_object *value)
{
	struct json_object *property =
	    json_obj(json_obj(json_obj(row->json, "inputSchema"), "properties"), name);

	if (json_flag(row->meta, "workspaces", false) && strcmp(name, "workspace") == 0)
		return true;
	if (sentence_has(sentence, name) && (is_redacted(row, name) || fits_line(value)))
		return true;
	return json_get(property, "default") != NULL &&
	       json_object_equal(json_get(property, "default"), value);
}

static void
add_arguments(struct buf *out, const struct request *request, const char *sentence)
{
	const struct row *row = request->row;
	struct json_object_iter each;
	unsigned left = 0;
	struct buf one;

	json_object_object_foreachC(request->arguments, each) {
		if (is_said(row, sentence, each.key, each.val))
			continue;
		buf_init(&one, BLOCK_ROOM + 2 * VALUE_LINE_MAX);
		add_argument(&one, row, each.key, each.val);
		if (buf_ok(&one) && out->len + one.len + COUNT_ROOM <= CONFIRM_TEXT_MAX)
			buf_add(out, one.data, one.len);
		else
			left++;
		buf_fini(&one);
	}
	if (left > 0)
		buf_printf(out, "\n%u more arguments are too long to be shown here.", left);
}

/* ---- all ----------------------------------------------------------------------------------- */

void
confirm_text(struct buf *out, const struct request *request)
{
	const struct row *row = request->row;
	const char *sentence = json_str(row->meta, "confirm");
	const char *title = json_str(row->json, "title");

	if (sentence != NULL)
		add_sentence(out, row, request->arguments, sentence);
	else
		buf_printf(out, "%s (%s) changes or removes data, or stops work.",
			   title != NULL ? title : row->name, row->name);
	if (request->upstream != NULL)
		buf_printf(out, "\nThis is in the workspace \"%s\".", request->upstream);
	add_arguments(out, request, sentence);
}
