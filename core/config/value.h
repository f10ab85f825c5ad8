/* SPDX-License-Identifier: Apache-2.0 */
/* Values of every type, from --set or from the file. What is wrong becomes a fault with its place,
 * and the value counts as absent. */
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
/* true, false or "auto", which is `absent`. */
bool node_auto(const struct node *node, const char *key, bool absent);
uint64_t node_number(const struct node *node, const char *key, uint64_t absent, uint64_t least,
		     uint64_t most);
/* The text as written, borrowed; NULL when absent, empty, or not a text (a fault). */
const char *node_raw_text(const struct node *node, const char *key);
/* A text for free(), references resolved; `absent` (copied, may be NULL) when empty or absent. */
char *node_text(const struct node *node, const char *key, const char *absent);
/* The same for a secret; records when the file contains its value. */
char *node_secret(const struct node *node, const char *key);
/* One of `words` (NULL-terminated), as its index. */
size_t node_word(const struct node *node, const char *key, const char *const *words, size_t absent);
/* A list of texts, or one text; --set: comma-separated. Not resolved. */
void node_list(const struct node *node, const char *key, struct strings *list);
/* A group as a JSON object, for free(); "{}" when absent. Marks everything in it as known. */
char *node_json(const struct node *node, const char *key);

#endif
