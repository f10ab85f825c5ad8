/* SPDX-License-Identifier: Apache-2.0 */
/* The faults of a value, as texts for the sender of the value, and the check that finds them. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_REGISTRY_SCHEMA_FAULT_H
#define CORE_REGISTRY_SCHEMA_FAULT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "registry/schema_node.h"

#define FAULTS_MAX 12u /* most faults in one message */

struct buf;

struct place {
	const char *key; /* the name of the member; NULL: the index counts */
	size_t index;
};

struct check {
	struct buf *why; /* NULL: the check only finds out whether the value is valid */
	struct place path[SCHEMA_DEPTH_MAX + 1];
	size_t path_len;
	unsigned depth, hidden;
	size_t steps;
	size_t faults;	   /* told so far */
	const char *first; /* the member that the first fault is about; it belongs to the value */
	const char *noun;  /* the word for a member in messages */
	bool exhausted;	   /* steps or depth are used up: nothing more is checked */
};

/* Each of these functions starts a sentence in `why`, if `why` is not NULL, and returns false. This
 * one writes "path: WORDS" */
bool fault_say(struct check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "path: VALUE WORDS" */
bool fault_value(struct check *c, struct json_object *value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* writes "path: VALUE WORDS LIMIT" */
bool fault_limit(struct check *c, struct json_object *value, const char *words,
		 struct json_object *limit);
/* Lists the allowed values, and names the one that was probably meant. */
bool fault_not_listed(struct check *c, struct json_object *value,
		      struct json_object *const *allowed, size_t n);
/* Reports a member that is not allowed. With `list` the allowed members are listed. */
bool fault_unknown(struct check *c, const struct node *node, const char *key, bool list);
bool fault_missing(struct check *c, const struct node *node, const char *key);
/* After a fault: must the check continue to find others? */
bool fault_goes_on(const struct check *c);
/* For free(). */
const char **property_names(const struct node *node);

#endif
