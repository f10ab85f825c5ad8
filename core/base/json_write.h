/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes one JSON value at the end of a struct buf. The writer sets commas, colons, quotes and
 * brackets, so a text that it wrote is valid, or the buffer is full:
 *
 * 	struct json json;
 *
 * 	json_start(&json, out);
 * 	json_begin(&json, '{');
 * 	json_string(json_member(&json, "name"), name);
 * 	json_number(json_member(&json, "size"), size);
 * 	json_end(&json);
 *
 * A value without its name, a name without its value and an end without its begin are mistakes
 * of the caller's and end the process (CHECK). The texts given to json_raw() and json_splice()
 * must be valid themselves: they passed the gate, or come from this writer. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_JSON_WRITE_H
#define CORE_BASE_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Brackets that may be open at once: more than in any tree that passed the gate (json_upstream),
 * together with the text around it. Beyond that the buffer counts as full. */
#define JSON_WRITE_DEPTH 160u

struct buf;
struct json_object;

enum json_next {
	JSON_ONLY_VALUE,  /* before the one value of the text */
	JSON_FIRST_VALUE, /* of an array */
	JSON_NEXT_VALUE,
	JSON_FIRST_MEMBER, /* of an object */
	JSON_NEXT_MEMBER,
	JSON_MEMBER_VALUE, /* after the name */
	JSON_IN_STRING,	   /* inside a string that the caller writes in pieces */
	JSON_NOTHING,	   /* after the one value: the text is complete */
	JSON_TOO_DEEP,	   /* the buffer is full: brackets are only counted */
};

/* The writer is on the stack of its user, or in the struct that has the buffer. */
struct json {
	struct buf *out;
	enum json_next next;
	unsigned depth, floor;		 /* open brackets, without those of json_start_inside() */
	char brackets[JSON_WRITE_DEPTH]; /* the open ones */
};

/* A place in the text to which its writer can go back. */
struct json_mark {
	size_t len;
	enum json_next next;
	unsigned depth;
};

/* Starts a writer that will append one value to `out`. `out` is borrowed. */
void json_start(struct json *json, struct buf *out);
/* Starts a writer for the inside of an object ('{') or array ('['), without its brackets. It
 * continues the text that an earlier such writer left in `out`. json_splice() inserts such a
 * text. */
void json_start_inside(struct json *json, struct buf *out, char bracket);
/* Is the value complete, and is every object and array ended? */
bool json_complete(const struct json *json);
/* Going back makes a full buffer ok again (see buf_init_keeping()). Objects and arrays that were
 * open at the mark must still be open. */
struct json_mark json_here(const struct json *json);
void json_back(struct json *json, const struct json_mark *mark);

void json_begin(struct json *json, char bracket); /* '{' or '[' */
void json_end(struct json *json);		  /* ends the innermost object or array */

/* The name of the next value in an object. Returns `json`, so that the call can be an argument of
 * the value's call. */
struct json *json_member(struct json *json, const char *name);

/* Invalid UTF-8 becomes U+FFFD. NULL writes null. */
void json_string(struct json *json, const char *text);
void json_text(struct json *json, const char *text, size_t len);
/* A string whose inside the caller appends to the buffer in pieces, escaped (buf_json_inside()). */
void json_open_string(struct json *json);
void json_close_string(struct json *json);
void json_number(struct json *json, int64_t number);
/* The shortest spelling. JSON has no infinities; they become 0. */
void json_double(struct json *json, double number);
void json_boolean(struct json *json, bool value);
/* Appends the tree like buf_json_tree(). NULL writes null. */
void json_tree(struct json *json, struct json_object *tree);
/* A value that is already JSON text. An empty text is not a value; it comes from a full buffer, so
 * `out` becomes full too. */
void json_raw(struct json *json, const char *text, size_t len);
/* Inserts members or values that json_start_inside() wrote into the open object or array. With
 * `len` 0 nothing is inserted. */
void json_splice(struct json *json, const char *text, size_t len);

/* A member that is a string; left out when `text` is NULL. */
void json_optional(struct json *json, const char *name, const char *text);

#endif
