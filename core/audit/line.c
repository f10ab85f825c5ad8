/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/line.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>

#include <lakehost/version.h>

#include "audit/ocsf.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/mask.h"
#include "base/mem.h"

#define TEXT_LONG 400	    /* bytes of a text … */
#define TEXT_SHORT 48	    /* … and of a text in a line that was too long */
#define ARGUMENTS_MAX 3000u /* bytes of arguments that a line can have */
#define FOREIGN_MAX (64u << 10)
#define HIDDEN "***"

const char *const audit_type_names[AUDIT_TYPES] = {
	[AUDIT_DECISION] = "decision",
	[AUDIT_CALL] = "call",
	[AUDIT_AUTH] = "authentication",
	[AUDIT_CONFIRMATION] = "confirmation",
	[AUDIT_BEGIN] = "begin",
	[AUDIT_CONTINUE] = "continue",
	[AUDIT_CHECKPOINT] = "checkpoint",
	[AUDIT_LOST] = "lost",
	[AUDIT_END] = "end",
};

/* ---- records -------------------------------------------------------------------------------- */

static size_t
text_size(const char *text)
{
	return text != NULL ? strlen(text) + 1 : 0;
}

static const char *
keep_text(char **at, const char *text)
{
	size_t size = text_size(text);
	char *kept = *at;

	if (size == 0)
		return NULL;
	memcpy(kept, text, size);
	*at += size;
	return kept;
}

struct audit_record *
audit_record_new(const struct audit_event *event)
{
	struct audit_record *record;
	size_t size = sizeof(*record) + event->arguments_len;
	char *at;

	CHECK(event->type < AUDIT_TYPES);
#define SIZE(name) size += text_size(event->name);
	AUDIT_TEXTS(SIZE)
#undef SIZE
	record = xmalloc(size);
	*record = (struct audit_record){ .time_ms = clock_wall_ms(), .size = size };
	record->event = *event;
	at = record->bytes;
#define KEEP(name) record->event.name = keep_text(&at, event->name);
	AUDIT_TEXTS(KEEP)
#undef KEEP
	if (event->arguments != NULL) {
		memcpy(at, event->arguments, event->arguments_len);
		record->event.arguments = at;
	}
	return record;
}

/* ---- members -------------------------------------------------------------------------------- */

/* Does the present line need masks? */
static _Thread_local bool masks;

/* Searches the texts of others once, as one text. The other members are words and numbers of the
 * host. */
static bool
needs_masks(const struct audit_event *event)
{
	const char *const texts[] = { event->principal, event->client, event->version,
				      event->tool,	event->why,    event->requests };
	struct buf all;
	bool needed;

	buf_init(&all, FOREIGN_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (texts[i] == NULL)
			continue;
		buf_puts(&all, texts[i]);
		buf_putc(&all, '\n');
	}
	needed = !buf_ok(&all) || mask_record_needed(all.data, all.len);
	buf_fini(&all);
	return needed;
}

void
audit_text(struct json *json, const char *name, const char *text, size_t most)
{
	size_t len = text != NULL ? strlen(text) : 0;
	char *masked = masks ? mask_record(text, len, &len) : NULL;
	const char *shown = masked != NULL ? masked : text;

	if (text == NULL)
		return;
	if (len > most) {
		len = most;
		while (len > 0 && ((unsigned char)shown[len] & 0xC0) == 0x80)
			len--;
	}
	json_text(json_member(json, name), shown, len);
	free(masked);
}

static void
add_time(struct json *json, int64_t time_ms)
{
	time_t second = (time_t)(time_ms / 1000);
	char text[48];
	struct tm tm;
	size_t len;

	gmtime_r(&second, &tm);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	text[len++] = '.';
	text[len++] = (char)('0' + time_ms % 1000 / 100);
	text[len++] = (char)('0' + time_ms % 100 / 10);
	text[len++] = (char)('0' + time_ms % 10);
	text[len++] = 'Z';
	json_text(json_member(json, "time"), text, len);
}

/* Is the name one of the words of this list? */
static bool
is_listed(const char *words, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = words; at != NULL && *at != '\0';) {
		size_t n = strcspn(at, " ");

		if (n == len && memcmp(at, name, n) == 0)
			return true;
		at += n + (at[n] == ' ');
	}
	return false;
}

static struct json *
masked_member(struct json *json, const char *name)
{
	char *masked = mask_record(name, strlen(name), NULL);
	struct json *member = json_member(json, masked != NULL ? masked : name);

	free(masked);
	return member;
}

/* A number can be a secret too. */
static void
add_scalar(struct json *json, struct json_object *scalar)
{
	const char *text = json_object_to_json_string(scalar);
	char *masked = mask_record(text, strlen(text), NULL);

	if (masked != NULL)
		json_string(json, masked);
	else
		json_tree(json, scalar);
	free(masked);
}

/* The tree again, with masked names and values. */
static void
add_masked(struct json *json, struct json_object *tree)
{
	struct json_object_iter member;
	size_t n, len;
	char *masked;

	switch (json_object_get_type(tree)) {
	case json_type_object:
		json_begin(json, '{');
		json_object_object_foreachC(tree, member)
			add_masked(masked_member(json, member.key), member.val);
		json_end(json);
		break;
	case json_type_array:
		json_begin(json, '[');
		n = json_object_array_length(tree);
		for (size_t i = 0; i < n; i++)
			add_masked(json, json_object_array_get_idx(tree, i));
		json_end(json);
		break;
	case json_type_string:
		len = (size_t)json_object_get_string_len(tree);
		masked = mask_record(json_object_get_string(tree), len, &len);
		json_text(json, masked != NULL ? masked : json_object_get_string(tree), len);
		free(masked);
		break;
	default: add_scalar(json, tree); break;
	}
}

/* The arguments without the values of secret ones, and with masked texts. */
static void
add_arguments(struct json *json, const struct audit_event *event)
{
	struct json_object *tree =
	    json_parse(event->arguments, event->arguments_len, &json_upstream, NULL, NULL);
	struct json_object_iter member;

	if (!json_object_is_type(tree, json_type_object)) {
		json_object_put(tree);
		return;
	}
	json_begin(json_member(json, "arguments"), '{');
	json_object_object_foreachC(tree, member) {
		masked_member(json, member.key);
		if (is_listed(event->redact, member.key))
			json_string(json, HIDDEN);
		else
			add_masked(json, member.val);
	}
	json_end(json);
	json_object_put(tree);
}

static void
add_tail(struct json *json, const struct audit_tail *tail)
{
	if (tail->torn > 0)
		json_number(json_member(json, "torn"), (int64_t)tail->torn);
	if (tail->chain[0] == '\0')
		return;
	json_begin(json_member(json, "after"), '{');
	json_string(json_member(json, "chain"), tail->chain);
	json_number(json_member(json, "seq"), (int64_t)tail->seq);
	json_string(json_member(json, "code"), tail->mac);
	json_end(json);
}

/* What the lines of the audit itself say. */
static void
add_own(struct json *json, const struct audit_record *record, const struct audit_tail *tail,
	const struct chain *chain)
{
	const enum audit_type type = record->event.type;
	char mac[CHAIN_MAC_TEXT + 1];

	if (type == AUDIT_LOST)
		json_number(json_member(json, "events"), (int64_t)record->events);
	if (type == AUDIT_BEGIN)
		json_string(json_member(json, "lakehost"), LAKEHOST_VERSION);
	if (type == AUDIT_CONTINUE) {
		chain_mac_text(chain->mac, mac);
		json_string(json_member(json, "before"), mac);
	}
	if (type == AUDIT_BEGIN || type == AUDIT_CONTINUE)
		add_tail(json, tail);
}

static void
add_members(struct json *json, const struct audit_record *record, const struct audit_form *form,
	    const struct audit_tail *tail, const struct chain *chain, size_t most)
{
	const struct audit_event *event = &record->event;
	char digest[65];

	add_time(json, record->time_ms);
	json_string(json_member(json, "type"), audit_type_names[event->type]);
	json_string(json_member(json, "chain"), chain->id);
	json_number(json_member(json, "seq"), (int64_t)chain->seq + 1);
#define TEXT(name)                        \
	if (strcmp(#name, "redact") != 0) \
		audit_text(json, #name, event->name, most);
	AUDIT_TEXTS(TEXT)
#undef TEXT
#define NUMBER(name)          \
	if (event->name >= 0) \
		json_number(json_member(json, #name), event->name);
	AUDIT_NUMBERS(NUMBER)
#undef NUMBER
	if (event->arguments != NULL) {
		sha256_hex(event->arguments, event->arguments_len, digest);
		json_string(json_member(json, "arguments_sha256"), digest);
		if (form->arguments && most == TEXT_LONG && event->arguments_len <= ARGUMENTS_MAX)
			add_arguments(json, event);
	}
	add_own(json, record, tail, chain);
}

/* ---- the line ------------------------------------------------------------------------------- */

static void
write_members(struct json *json, const struct audit_record *record, const struct audit_form *form,
	      const struct audit_tail *tail, const struct chain *chain, size_t most)
{
	json_begin(json, '{');
	if (form->ocsf) {
		ocsf_members(json, record, chain, most);
		json_begin(json_member(json, "unmapped"), '{');
	}
	add_members(json, record, form, tail, chain, most);
}

/* Writes the line behind `start` bytes of the buffer. */
static bool
write_line(struct buf *out, size_t start, const struct audit_record *record,
	   const struct audit_form *form, const struct audit_tail *tail, struct chain *chain,
	   size_t most)
{
	unsigned char mac[CHAIN_MAC];
	char text[CHAIN_MAC_TEXT + 1];
	struct json json;

	buf_rewind(out, start);
	json_start(&json, out);
	write_members(&json, record, form, tail, chain, most);
	if (!buf_ok(out) || out->len - start > CHAIN_LINE_MAX)
		return false;
	chain_mac(chain, chain->mac, out->data + start, out->len - start, mac);
	chain_mac_text(mac, text);
	json_string(json_member(&json, "mac"), text);
	while (!json_complete(&json))
		json_end(&json);
	buf_putc(out, '\n');
	if (!buf_ok(out) || out->len - start > CHAIN_LINE_MAX)
		return false;
	chain->seq++;
	memcpy(chain->mac, mac, CHAIN_MAC);
	return true;
}

void
audit_line(struct buf *out, const struct audit_record *record, const struct audit_form *form,
	   const struct audit_tail *tail, struct chain *chain)
{
	const char *before = mask_enter(record->event.plugin);
	const size_t start = out->len;

	masks = needs_masks(&record->event);
	if (!write_line(out, start, record, form, tail, chain, TEXT_LONG))
		CHECK(write_line(out, start, record, form, tail, chain, TEXT_SHORT));
	mask_enter(before);
}
