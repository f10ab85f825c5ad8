/* SPDX-License-Identifier: Apache-2.0 */
/* The part of JSON Schema 2020-12 that tools need. A schema is compiled once; each check has a
 * limited depth and number of steps. Keywords: type, properties, required, additionalProperties,
 * items, enum, const, minimum, maximum, exclusive*, multipleOf, minLength, maxLength, pattern
 * (POSIX extended, a subset: unsupported syntax is a compile error), minItems, maxItems,
 * uniqueItems, min/maxProperties, allOf, anyOf, oneOf, not, if/then/else, $ref and $anchor within
 * the document, $defs, default, writeOnly (the value is not shown in messages), format (annotation
 * only), annotations. These are errors: a network $ref, another $schema, and a restricting keyword
 * of the standard that is not in this list (patternProperties, contains, …). Unknown keywords are
 * ignored, as in the standard. */
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

/* Compiles a schema and keeps a reference to `document`. NULL with `why` ("/properties/x/type:
 * …"). */
struct schema *schema_compile(struct json_object *document, char *why, size_t why_size);
void schema_free(struct schema *schema);
/* Marks the top-level property `name`: its values are not shown in messages. */
void schema_hide(struct schema *schema, const char *name);
/* Marks a property as a time: the handler gets milliseconds since 1970, and callers may also write
 * a date. */
void schema_time(struct schema *schema, const char *name);
/* Marks a property that limits the size of the result: a value above the maximum becomes the
 * maximum. */
void schema_clamp(struct schema *schema, const char *name);

/* Checks `value`. On failure returns false and writes one sentence for each fault into `why`, each
 * on a line of its own: the argument, the fault, the allowed values ("row_limit: 5000 is more than
 * the maximum 1000"; "unknown argument \"tabel\"; did you mean \"table\"? Allowed: …"). */
bool schema_check(const struct schema *schema, struct json_object *value, struct buf *why);

/* Like schema_check(), but first converts the object for a handler where the schema leaves no
 * doubt. The function fills in `default`s of absent top-level properties and removes nulls of
 * optional properties that may not be null. It reads "5" as a number, "true" as a boolean, a JSON
 * text as an array or object, a number as a text, one value as a list of one, an enum value in any
 * case, and a time in words (schema_time). With `notes` a number above the maximum of a limited
 * property becomes the maximum, and one line in `notes` reports it. Changes `value`. */
bool schema_prepare(const struct schema *schema, struct json_object *value, struct buf *notes,
		    struct buf *why);
/* Does the same for the options of a plugin; messages then say "option". On failure `*first` is the
 * option that the first fault is about, valid as long as `value` and the schema, or NULL. */
bool schema_prepare_options(const struct schema *schema, struct json_object *value, struct buf *why,
			    const char **first);

#endif
