/* SPDX-License-Identifier: Apache-2.0 */
/* The fault of a value, in the words for its sender, and the check that found it. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_REGISTRY_SCHEMA_FAULT_H
#define CORE_REGISTRY_SCHEMA_FAULT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "registry/schema_node.h"

#define FAULTS_MAX 12u /* the most faults in one message */

struct buf;

struct place {
	const char *key; /* NULL: the index counts */
	size_t index;
};

struct check {
	struct buf *why; /* NULL: only valid or not */
	struct place path[SCHEMA_DEPTH_MAX + 1];
	size_t path_len;
	unsigned depth, hidden;
	size_t steps;
	size_t faults;	   /* told so far */
	const char *first; /* member of the value that the first one is about; of the value's */
	const char *noun;  /* of its members, in messages */
	bool exhausted;	   /* out of steps or depth: nothing more is checked */
};

/* Each of these starts a sentence in `why`, if there is one, and returns false. "path: WORDS" */
bool fault_say(struct check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "path: VALUE WORDS" */
bool fault_value(struct check *c, struct json_object *value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "path: VALUE WORDS LIMIT" */
bool fault_limit(struct check *c, struct json_object *value, const char *words,
		 struct json_object *limit);
/* Lists the allowed values, and the probable one. */
bool fault_not_listed(struct check *c, struct json_object *value,
		      struct json_object *const *allowed, size_t n);
/* A member that is not allowed; with `list` the allowed ones are listed. */
bool fault_unknown(struct check *c, const struct node *node, const char *key, bool list);
bool fault_missing(struct check *c, const struct node *node, const char *key);
/* After a fault: must the check continue to find others? */
bool fault_goes_on(const struct check *c);
/* For free(). */
const char **property_names(const struct node *node);

#endif
