/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "audit/chain.h"
#include "audit/event.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/mem.h"

#define LINE_ROOM (64u << 10) /* longer lines are no lines of an audit log */

struct seen_chain {
	char id[CHAIN_ID + 1];
	uint64_t first, last; /* its lines in this file */
	unsigned char mac[CHAIN_MAC];
	bool ended;
};

struct verify {
	struct chain key; /* for its code only */
	FILE *out;
	struct verify_report *report;
	struct seen_chain *chain;
	size_t chains;
	const struct verify_checkpoint *checkpoint;
	size_t checkpoints;
	bool *met;   /* of each checkpoint */
	size_t torn; /* bytes of the line before, which is not whole; 0: it is */
};

/* One line, parsed. */
struct verify_line {
	const char *text;
	size_t len, signed_len;
	struct json_object *tree, *members;
	const char *chain, *type;
	uint64_t seq;
	unsigned char mac[CHAIN_MAC];
};

__attribute__((format(printf, 2, 3))) static void
fault(struct verify *verify, const char *format, ...)
{
	va_list args;

	if (verify->report->faults++ >= VERIFY_FAULTS_MAX)
		return;
	fprintf(verify->out, "line %" PRIu64 ": ", verify->report->lines);
	va_start(args, format);
	vfprintf(verify->out, format, args);
	va_end(args);
	fputc('\n', verify->out);
}

static struct seen_chain *
find_chain(const struct verify *verify, const char *id)
{
	for (size_t i = verify->chains; i > 0; i--)
		if (strcmp(verify->chain[i - 1].id, id) == 0)
			return &verify->chain[i - 1];
	return NULL;
}

static struct seen_chain *
add_chain(struct verify *verify, const struct verify_line *line)
{
	struct seen_chain *chain;

	verify->chain = xrealloc(verify->chain, (verify->chains + 1) * sizeof(*verify->chain));
	chain = &verify->chain[verify->chains++];
	*chain = (struct seen_chain){ .first = line->seq, .last = line->seq - 1 };
	strcpy(chain->id, line->chain);
	return chain;
}

/* ---- a line --------------------------------------------------------------------------------- */

static bool
parse(struct verify_line *line, const char *text, size_t len)
{
	struct json_object *inside;

	*line = (struct verify_line){ .text = text, .len = len };
	if (!chain_find_mac(text, len, &line->signed_len, line->mac))
		return false;
	line->tree = json_parse(text, len, &json_upstream, NULL, NULL);
	inside = json_obj(line->tree, "unmapped");
	line->members = inside != NULL ? inside : line->tree;
	line->chain = json_str(line->members, "chain");
	line->type = json_str(line->members, "type");
	line->seq = (uint64_t)json_int(line->members, "seq", 0);
	return line->chain != NULL && strlen(line->chain) == CHAIN_ID && line->type != NULL &&
	       line->seq > 0;
}

static bool
is_type(const struct verify_line *line, enum audit_type type)
{
	return strcmp(line->type, audit_type_names[type]) == 0;
}

/* The first line of a chain, or of a file, names the last line before it. */
static void
check_after(struct verify *verify, const struct verify_line *line)
{
	struct json_object *after = json_obj(line->members, "after");
	const char *id = json_str(after, "chain");
	uint64_t seq = (uint64_t)json_int(after, "seq", 0);
	const struct seen_chain *chain = id != NULL ? find_chain(verify, id) : NULL;

	if (id == NULL) {
		if (verify->report->lines > 1 && verify->chains > 0)
			fault(verify, "this first line of a chain must name the line before it");
	} else if (chain == NULL) {
		if (verify->chains > 0 || verify->report->lines > 1)
			fault(verify,
			      "this line follows chain %s, but all lines of that chain are missing",
			      id);
		else
			fault(verify,
			      "the lines before this line are missing: this line follows "
			      "line %" PRIu64 " of chain %s",
			      seq, id);
	} else if (chain->last < seq) {
		fault(verify,
		      "lines %" PRIu64 " to %" PRIu64 " of chain %s are missing before this line",
		      chain->last + 1, seq, id);
	}
}

/* A line that is not whole is explained by the line behind it. */
static void
check_torn(struct verify *verify, const struct verify_line *line)
{
	size_t said = 0;

	if (is_type(line, AUDIT_BEGIN) || is_type(line, AUDIT_CONTINUE))
		said = (size_t)json_int(line->members, "torn", 0);
	if (said != verify->torn)
		fault(verify,
		      said > 0
			  ? "this line says that the line before it was incomplete, but that line "
			    "is complete"
			  : "the line before is not a line of an audit log");
	else if (said > 0)
		fprintf(verify->out,
			"line %" PRIu64
			": incomplete after %zu bytes: the process was killed while it wrote; the "
			"next chain says so\n",
			verify->report->lines - 1, said);
	verify->report->torn += said > 0;
	verify->torn = 0;
}

/* Its chain, with the code that it must follow; NULL when that is not known. */
static struct seen_chain *
place(struct verify *verify, const struct verify_line *line, unsigned char before[CHAIN_MAC])
{
	struct seen_chain *chain = find_chain(verify, line->chain);
	unsigned char bytes[CHAIN_MAC + 3];
	size_t len;

	memset(before, 0, CHAIN_MAC);
	if (chain != NULL) {
		memcpy(before, chain->mac, CHAIN_MAC);
		return chain;
	}
	if (line->seq == 1 && is_type(line, AUDIT_BEGIN))
		return add_chain(verify, line);
	if (is_type(line, AUDIT_CONTINUE)) {
		const char *code = json_str(line->members, "before");

		if (code != NULL && strlen(code) == CHAIN_MAC_TEXT &&
		    base64url_decode(code, CHAIN_MAC_TEXT, bytes, &len) && len == CHAIN_MAC) {
			memcpy(before, bytes, CHAIN_MAC);
			return add_chain(verify, line);
		}
	}
	fault(verify, "the first %" PRIu64 " lines of chain %s are missing", line->seq - 1,
	      line->chain);
	add_chain(verify, line);
	return NULL;
}

static void
check_order(struct verify *verify, const struct verify_line *line, const struct seen_chain *chain)
{
	if (line->seq == chain->last + 1) {
		if (chain->ended)
			fault(verify, "this line is after the end of its chain");
		return;
	}
	if (line->seq <= chain->last)
		fault(verify, "line %" PRIu64 " of chain %s again, or in another order", line->seq,
		      chain->id);
	else if (line->seq == chain->last + 2)
		fault(verify, "line %" PRIu64 " of chain %s is missing before this line",
		      chain->last + 1, chain->id);
	else
		fault(verify,
		      "lines %" PRIu64 " to %" PRIu64 " of chain %s are missing before this line",
		      chain->last + 1, line->seq - 1, chain->id);
}

static void
check_checkpoints(struct verify *verify, const struct verify_line *line)
{
	char code[CHAIN_MAC_TEXT + 1];

	for (size_t i = 0; i < verify->checkpoints; i++) {
		const struct verify_checkpoint *checkpoint = &verify->checkpoint[i];

		if (checkpoint->seq != line->seq || strcmp(checkpoint->chain, line->chain) != 0)
			continue;
		verify->met[i] = true;
		chain_mac_text(line->mac, code);
		if (strcmp(code, checkpoint->code) != 0)
			fault(verify, "this line is not the line of the checkpoint in the log");
	}
}

static void
check_line(struct verify *verify, const struct verify_line *line)
{
	unsigned char before[CHAIN_MAC], mac[CHAIN_MAC];
	struct seen_chain *chain;

	check_torn(verify, line);
	if (is_type(line, AUDIT_BEGIN) || is_type(line, AUDIT_CONTINUE))
		if (!is_type(line, AUDIT_CONTINUE) || find_chain(verify, line->chain) == NULL)
			check_after(verify, line);
	chain = place(verify, line, before);
	if (chain != NULL) {
		check_order(verify, line, chain);
		chain_mac(&verify->key, before, line->text, line->signed_len, mac);
		if (line->seq == chain->last + 1 && memcmp(mac, line->mac, CHAIN_MAC) != 0)
			fault(verify,
			      "this line was changed, or its code was made with another key");
	} else {
		chain = find_chain(verify, line->chain);
	}
	check_checkpoints(verify, line);
	if (line->seq > chain->last)
		chain->last = line->seq;
	memcpy(chain->mac, line->mac, CHAIN_MAC); /* so that one fault is reported once */
	chain->ended = is_type(line, AUDIT_END);
	verify->report->after++;
	if (chain->ended || is_type(line, AUDIT_CHECKPOINT)) {
		verify->report->checkpoint_line = verify->report->lines;
		verify->report->after = 0;
	}
}

/* ---- the file ------------------------------------------------------------------------------- */

static void
end_file(struct verify *verify)
{
	struct verify_report *report = verify->report;

	for (size_t i = 0; i < verify->chains; i++)
		report->open_chains += !verify->chain[i].ended;
	report->chains = verify->chains;
	for (size_t i = 0; i < verify->checkpoints; i++) {
		const struct verify_checkpoint *checkpoint = &verify->checkpoint[i];
		const struct seen_chain *chain = find_chain(verify, checkpoint->chain);

		if (!verify->met[i] && chain != NULL && checkpoint->seq >= chain->first)
			fault(verify,
			      "the log has a checkpoint at line %" PRIu64
			      " of chain %s, and the file does not have that line",
			      checkpoint->seq, checkpoint->chain);
	}
}

static void
take_line(struct verify *verify, const char *text, size_t len, bool whole)
{
	struct verify_line line;

	verify->report->lines++;
	if (whole && parse(&line, text, len)) {
		check_line(verify, &line);
		json_object_put(line.tree);
		return;
	}
	if (whole)
		json_object_put(line.tree);
	if (verify->torn > 0)
		fault(verify, "the line before is not a line of an audit log");
	verify->torn = len;
}

void
audit_verify(FILE *file, const unsigned char key[SEAL_KEY_LEN],
	     const struct verify_checkpoint *checkpoint, size_t checkpoints, FILE *out,
	     struct verify_report *report)
{
	struct verify verify = {
		.out = out, .report = report, .checkpoint = checkpoint, .checkpoints = checkpoints
	};
	char *text = NULL;
	size_t room = 0;
	bool whole = true;
	ssize_t len;

	memset(report, 0, sizeof(*report));
	chain_init(&verify.key, key);
	verify.met = xcalloc(checkpoints + 1, sizeof(*verify.met));
	while ((len = getline(&text, &room, file)) > 0) {
		whole = text[len - 1] == '\n';
		take_line(&verify, text, (size_t)len - whole, whole && len < LINE_ROOM);
	}
	if (verify.torn > 0 && !whole) {
		fprintf(out,
			"line %" PRIu64
			": incomplete after %zu bytes: a process was killed while it wrote, or a "
			"process writes now\n",
			report->lines, verify.torn);
		report->torn++;
	} else if (verify.torn > 0) {
		fault(&verify, "this line is not a line of an audit log");
	}
	end_file(&verify);
	free(text);
	free(verify.chain);
	free(verify.met);
	chain_fini(&verify.key);
}

/* ---- the log -------------------------------------------------------------------------------- */

/* The value of `key` in a line of the log, in its JSON or its text form. */
static bool
log_value(const char *line, const char *key, char *value, size_t size)
{
	char as_json[32], as_text[32];
	const char *at;
	size_t len;

	snprintf(as_json, sizeof(as_json), "\"%s\":", key);
	snprintf(as_text, sizeof(as_text), " %s=", key);
	if ((at = strstr(line, as_json)) != NULL)
		at += strlen(as_json);
	else if ((at = strstr(line, as_text)) != NULL)
		at += strlen(as_text);
	else
		return false;
	at += *at == '"';
	len = strcspn(at, "\", }\n");
	if (len == 0 || len >= size)
		return false;
	memcpy(value, at, len);
	value[len] = '\0';
	return true;
}

struct verify_checkpoint *
audit_checkpoints(FILE *log, size_t *count)
{
	struct verify_checkpoint *list = NULL, one;
	char *line = NULL, seq[24];
	size_t room = 0;

	*count = 0;
	while (getline(&line, &room, log) > 0) {
		if (strstr(line, "audit-checkpoint") == NULL ||
		    !log_value(line, "chain", one.chain, sizeof(one.chain)) ||
		    !log_value(line, "seq", seq, sizeof(seq)) ||
		    !log_value(line, "code", one.code, sizeof(one.code)))
			continue;
		one.seq = strtoull(seq, NULL, 10);
		list = xrealloc(list, (*count + 1) * sizeof(*list));
		list[(*count)++] = one;
	}
	free(line);
	return list;
}
