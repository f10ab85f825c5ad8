/* SPDX-License-Identifier: Apache-2.0 */
/* Values of every type, from --set or from the file. An invalid value becomes a fault with its
 * position, and then counts as absent. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_VALUE_H
#define CORE_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node;
struct strings;

bool node_bool(const struct node *node, const char *key, bool absent);
/* Reads true, false or "auto". `absent` is the result for "auto". */
bool node_auto(const struct node *node, const char *key, bool absent);
uint64_t node_number(const struct node *node, const char *key, uint64_t absent, uint64_t least,
		     uint64_t most);
/* The text as it is written; borrowed. NULL when it is absent, empty, or not a text (a fault). */
const char *node_raw_text(const struct node *node, const char *key);
/* A text for free(), with references resolved. When it is empty or absent, the result is a copy of
 * `absent`, which may be NULL. */
char *node_text(const struct node *node, const char *key, const char *absent);
/* Reads a secret in the same way. Records when the file itself contains the value. */
char *node_secret(const struct node *node, const char *key);
/* Reads one of `words`, which ends with NULL. Returns its index. */
size_t node_word(const struct node *node, const char *key, const char *const *words, size_t absent);
/* Reads a list of texts, or one text; in --set the texts are separated by commas. References are
 * not resolved. */
void node_list(const struct node *node, const char *key, struct strings *list);
/* Reads a group as a JSON object, for free(); "{}" when it is absent. Marks everything in it as
 * known. */
char *node_json(const struct node *node, const char *key);

#endif
