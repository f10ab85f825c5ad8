/* SPDX-License-Identifier: Apache-2.0 */
#include "call/left.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "call/state.h"
#include "registry/provider.h"
#include "run/text.h"

#define LEFT_TOOL_MAX 129u /* no name of a tool is longer */

/* Two operations of one tool have different handles. */
struct left_entry {
	struct hash_link by_handle; /* in calls->left */
	TAILQ_ENTRY(left_entry) age;
	char tool[LEFT_TOOL_MAX];
	char principal[PRINCIPAL_NAME_MAX];
	char text[LEFT_TEXT_MAX + 4];
};

static const struct row *
left_tool(const struct call *call)
{
	return call->row->tool != NULL ? call->row->tool : call->row;
}

static uint64_t
left_key(const struct call *call)
{
	const struct outcome *outcome = &call->state->outcome;

	const char *name = left_tool(call)->name;

	return hash_of(call->row->provider->name, outcome->handle, outcome->handle_len) ^
	       hash_of(NULL, name, strlen(name));
}

static struct left_entry *
left_find(struct calls *calls, uint64_t key)
{
	struct hash_link *link = hash_find(&calls->left, key);

	return link == NULL ? NULL : link->owner;
}

static void
left_drop(struct calls *calls, struct left_entry *entry)
{
	TAILQ_REMOVE(&calls->left_by_age, entry, age);
	hash_remove(&calls->left, &entry->by_handle);
	free(entry);
}

/* What the caller was told, without the next call. */
static void
left_text(const struct call *call, char text[LEFT_TEXT_MAX + 4])
{
	const struct result *known =
	    call_answered(call) ? &call->state->result : &call->state->operation.interim;
	struct buf line;
	char first[LEFT_TEXT_MAX + 1] = "";

	if (known->blocks > 0 && known->block[0].text != NULL)
		snprintf(first, sizeof(first), "%.*s", (int)strcspn(known->block[0].text, "\n"),
			 known->block[0].text);
	buf_init(&line, LEFT_TEXT_MAX + 3);
	text_line(&line, first, LEFT_TEXT_MAX);
	memcpy(text, line.data, line.len + 1);
	buf_fini(&line);
}

void
left_add(struct call *call)
{
	struct calls *calls = call->calls;
	uint64_t key = left_key(call);
	struct left_entry *entry = left_find(calls, key);

	if (entry == NULL) {
		if (calls->left.count >= LEFT_MAX) {
			left_drop(calls, TAILQ_FIRST(&calls->left_by_age));
			calls->left_more++;
		}
		entry = xcalloc(1, sizeof(*entry));
		entry->by_handle.owner = entry;
		snprintf(entry->tool, sizeof(entry->tool), "%s", left_tool(call)->name);
		snprintf(entry->principal, sizeof(entry->principal), "%s", call->principal.name);
		hash_add(&calls->left, &entry->by_handle, key);
		TAILQ_INSERT_TAIL(&calls->left_by_age, entry, age);
	}
	left_text(call, entry->text);
}

void
left_forget(struct call *call)
{
	struct left_entry *entry = left_find(call->calls, left_key(call));

	if (entry != NULL)
		left_drop(call->calls, entry);
}

void
left_free(struct calls *calls)
{
	while (!TAILQ_EMPTY(&calls->left_by_age))
		left_drop(calls, TAILQ_FIRST(&calls->left_by_age));
	hash_fini(&calls->left);
}

size_t
left_report(struct calls *calls, void (*fn)(void *data, const struct left *left), void *data)
{
	struct left_entry *entry;

	for (struct call *call = calls->first; call != NULL; call = call->state->next)
		operation_abandon(call);
	for (entry = TAILQ_FIRST(&calls->left_by_age); entry != NULL;
	     entry = TAILQ_NEXT(entry, age))
		fn(data, &(struct left){ entry->tool, entry->principal, entry->text });
	return calls->left_more;
}
