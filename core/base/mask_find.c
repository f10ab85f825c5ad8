/* SPDX-License-Identifier: Apache-2.0 */
/* A trie with the failure links of Aho and Corasick. The children of a node are a list, because a
 * node hardly ever has more than one child (at most 256). The root has a table, because a search is
 * mostly at the root. */
#include "base/mask_find.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ROOT 0
#define STATES_MIN 256

struct node {
	uint32_t child, sibling; /* 0: no child, because the root is never a child */
	/* the node for the longest suffix of the read bytes that also begins a value */
	uint32_t fail;
	uint32_t match; /* length of the longest value that ends here */
	uint32_t depth;
	unsigned char byte;
};

struct finder {
	struct node *node;
	uint32_t n, room;
	uint32_t first[256]; /* the root's children by byte */
};

static uint32_t
new_node(struct finder *finder, uint32_t depth, unsigned char byte)
{
	if (finder->n == finder->room) {
		uint32_t room = finder->room == 0 ? STATES_MIN : finder->room * 2;
		struct node *node = xmalloc(room * sizeof(*node));

		if (finder->n > 0) {
			memcpy(node, finder->node, finder->n * sizeof(*node));
			explicit_bzero(finder->node, finder->n * sizeof(*node));
		}
		free(finder->node);
		finder->node = node;
		finder->room = room;
	}
	finder->node[finder->n] = (struct node){ .depth = depth, .byte = byte };
	return finder->n++;
}

struct finder *
finder_new(void)
{
	struct finder *finder = xcalloc(1, sizeof(*finder));

	new_node(finder, 0, 0);
	return finder;
}

void
finder_free(struct finder *finder)
{
	if (finder == NULL)
		return;
	explicit_bzero(finder->node, finder->n * sizeof(*finder->node));
	free(finder->node);
	free(finder);
}

static uint32_t
child_of(const struct finder *finder, uint32_t state, unsigned char c)
{
	uint32_t child;

	if (state == ROOT)
		return finder->first[c];
	for (child = finder->node[state].child; child != 0; child = finder->node[child].sibling)
		if (finder->node[child].byte == c)
			return child;
	return 0;
}

void
finder_add(struct finder *finder, const char *value, size_t len)
{
	uint32_t at = ROOT;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];
		uint32_t child = child_of(finder, at, c);

		if (child == 0) {
			child = new_node(finder, (uint32_t)i + 1, c);
			finder->node[child].sibling = finder->node[at].child;
			finder->node[at].child = child;
			if (at == ROOT)
				finder->first[c] = child;
		}
		at = child;
	}
	finder->node[at].match = (uint32_t)len;
}

void
finder_build(struct finder *finder)
{
	uint32_t *queue = xmalloc(finder->n * sizeof(*queue)), head = 0, tail = 0;

	queue[tail++] = ROOT;
	while (head < tail) {
		uint32_t at = queue[head++], child;

		for (child = finder->node[at].child; child != 0;
		     child = finder->node[child].sibling) {
			struct node *node = &finder->node[child];
			uint32_t fail = finder->node[at].fail;

			node->fail = at == ROOT ? ROOT : finder_step(finder, fail, node->byte);
			if (node->match == 0)
				node->match = finder->node[node->fail].match;
			queue[tail++] = child;
		}
	}
	free(queue);
}

uint32_t
finder_step(const struct finder *finder, uint32_t state, unsigned char c)
{
	uint32_t next = child_of(finder, state, c);

	while (next == 0 && state != ROOT) {
		state = finder->node[state].fail;
		next = child_of(finder, state, c);
	}
	return next;
}

void
finder_scan(const struct finder *finder, const unsigned char *text, size_t len,
	    bool (*fn)(void *data, size_t end, size_t len), void *data)
{
	uint32_t state = ROOT;

	for (size_t i = 0; i < len; i++) {
		if (state == ROOT) { /* nearly always */
			while (i < len && finder->first[text[i]] == 0)
				i++;
			if (i == len)
				return;
			state = finder->first[text[i]];
		} else {
			state = finder_step(finder, state, text[i]);
		}
		if (finder->node[state].match > 0 && !fn(data, i + 1, finder->node[state].match))
			return;
	}
}

uint32_t
finder_begun(const struct finder *finder, uint32_t state)
{
	return finder->node[state].depth;
}
