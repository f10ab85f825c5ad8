/* SPDX-License-Identifier: Apache-2.0 */
/* Events that wait, and the lines they become. A record is made on the thread that reports; its
 * line is made on the thread of the audit: the digest of the arguments, the masks and the code of
 * the chain take their time there. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUDIT_LINE_H
#define CORE_AUDIT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/chain.h"
#include "audit/event.h"

struct buf;
struct json;

/* The end of the file that a chain is added to. */
struct audit_tail {
	char chain[CHAIN_ID + 1]; /* of its last whole line; empty: it has none */
	uint64_t seq;
	char mac[CHAIN_MAC_TEXT + 1];
	size_t torn; /* bytes behind its last line end */
};

/* An event with a copy of its texts. */
struct audit_record {
	struct audit_record *next;
	uint64_t number;
	int64_t time_ms; /* of the wall clock */
	size_t size;	 /* of its memory */
	uint64_t events; /* of AUDIT_LOST: how many */
	struct audit_event event;
	char bytes[];
};

struct audit_record *audit_record_new(const struct audit_event *event);

struct audit_form {
	bool ocsf;
	bool arguments;
};

/* Appends the line of a record, and moves the chain to it. `tail` is used by AUDIT_BEGIN and
 * AUDIT_CONTINUE only. Texts are masked; a line that would be longer than CHAIN_LINE_MAX has
 * shorter texts and no arguments. */
void audit_line(struct buf *out, const struct audit_record *record, const struct audit_form *form,
		const struct audit_tail *tail, struct chain *chain);

/* A text of the event: masked, and at most `most` bytes; NULL writes nothing. */
void audit_text(struct json *json, const char *name, const char *text, size_t most);

#endif
