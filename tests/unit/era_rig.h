/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The era layer with all that is behind it and nothing before it: registry, calls and a small
 * plugin are real, transports are the test. What is sent over `http` or `stdio` comes back as a
 * `struct sent`.
 */
#ifndef TESTS_UNIT_ERA_RIG_H
#define TESTS_UNIT_ERA_RIG_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "era/era.h"
#include "rpc/exchange.h"

#define SENT_HEADERS 12
#define SENT_NOTES 64

/* One message and what became of it. */
struct sent {
	struct exchange exchange; /* first */
	struct exchange_header header[SENT_HEADERS];
	size_t headers;
	bool no_stream; /* the peer takes none */
	bool streaming;
	bool finished;
	int status;
	char session[1200]; /* Mcp-Session-Id of the answer, or "" */
	char allow[32];
	struct json_object *answer; /* NULL: no body */
	struct json_object *note[SENT_NOTES];
	size_t notes;
	size_t wanted; /* rig_wait_notes() */
};

#define MODERN_META(more)                                                        \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
	"\"io.modelcontextprotocol/clientCapabilities\":{}" more "}"
#define CAPABLE_META(capabilities)                                               \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
	"\"io.modelcontextprotocol/clientCapabilities\":" capabilities "}"

extern struct eras *rig_eras;
extern const char *rig_principal; /* of what is sent from now on: "local" */
extern size_t rig_page;		  /* rows of a page, before rig_start */
extern unsigned rig_ask_ms;	  /* patience with the client, before rig_start */
extern bool rig_slow_cancelled;	  /* the tool `slow` saw that it was cancelled */
extern size_t rig_eofs;

void rig_start(void);
void rig_stop(void);
/* Everything again, with the same keys: what a restart of the host leaves. */
void rig_restart(void);

/* `headers` is NAME, VALUE, …, NULL. Answers that need no time are there on return. The result is
 * freed by rig_stop(). */
struct sent *send_http(const char *const *headers, const char *json);
struct sent *send_stdio(const char *json);
/* Modern, over HTTP, with all headers right. `params` are the members beside _meta, or "". */
struct sent *call_modern(const char *method, const char *name, const char *params);
/* The same with these client capabilities. */
struct sent *call_capable(const char *method, const char *name, const char *params,
			  const char *capabilities);
/* Runs the loop until the answer is there, or that many notes. */
struct sent *rig_wait(struct sent *sent);
void rig_wait_notes(struct sent *sent, size_t notes);
/* Runs the loop for a few milliseconds; or until something has come true. */
void rig_rounds(int ms); /* runs the loop so long */
void rig_idle(void);
void rig_until(const bool *condition);
/* The peer of this message leaves. */
void rig_close(struct sent *sent);
/* What went to stdio outside of any exchange; NULL when nothing did. Borrowed. */
struct json_object *rig_line(size_t i);

/* A member by path, "result.content.0.text"; a name with dots or slashes stands in ''. */
struct json_object *at(struct json_object *tree, const char *path);
const char *text_at(struct json_object *tree, const char *path);
int int_at(struct json_object *tree, const char *path);

#endif
