/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Schema 2020-12, as far as tools need it. A schema is compiled once; checking has bounded
 * depth and steps. Keywords: type, properties, required, additionalProperties, items, enum,
 * const, minimum, maximum, exclusive*, multipleOf, minLength, maxLength, pattern (POSIX extended,
 * a subset: unsupported syntax is a compile error), minItems, maxItems, uniqueItems,
 * min/maxProperties, allOf, anyOf, oneOf, not, if/then/else, $ref and $anchor within the document,
 * $defs, default, writeOnly (the value is not shown in messages), format (annotation only),
 * annotations. A network $ref, another $schema, or a keyword of the standard that would restrict
 * but is not among these (patternProperties, contains, …) is an error; unknown keywords are
 * ignored, as the standard says.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_REGISTRY_SCHEMA_H
#define CORE_REGISTRY_SCHEMA_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

struct buf;
struct schema;

/* Compiles; keeps a reference on `document`. NULL with `why` ("/properties/x/type: …"). */
struct schema *schema_compile(struct json_object *document, char *why, size_t why_size);
void schema_free(struct schema *schema);
/* Values of the top-level property `name` are not shown in messages. */
void schema_hide(struct schema *schema, const char *name);
/* It is a time: the handler gets milliseconds since 1970, whatever the schema shows to callers. */
void schema_time(struct schema *schema, const char *name);
/* It limits what is given back: asking for more than the maximum is asking for the maximum. */
void schema_clamp(struct schema *schema, const char *name);

/*
 * Checks `value`. On failure returns false and writes a sentence for each fault into `why`, one a
 * line: which argument, what is wrong, what is allowed ("row_limit: 5000 is more than the maximum
 * 1000"; "unknown argument \"tabel\"; did you mean \"table\"? Allowed: …").
 */
bool schema_check(const struct schema *schema, struct json_object *value, struct buf *why);

/*
 * The same, and first makes the object fit for a handler where the schema leaves no doubt about
 * what is meant: fills in `default`s of absent top-level properties, leaves out nulls of optional
 * properties that may not be null, and reads "5" as a number, "true" as a boolean, a JSON text as
 * an array or object, a number as a text, one value as a list of one, a value of an enum in any
 * case, and a time (schema_time) in words. With `notes` a number above the maximum of a clamped
 * property becomes that maximum, and a sentence for the caller says so, one a line. Changes
 * `value`.
 */
bool schema_prepare(const struct schema *schema, struct json_object *value, struct buf *notes,
		    struct buf *why);
/* The same for the options of a plugin, which messages call so. On failure `*first` is the option
 * that the first fault is about, as long as `value` and the schema live, or NULL. */
bool schema_prepare_options(const struct schema *schema, struct json_object *value, struct buf *why,
			    const char **first);

#endif
