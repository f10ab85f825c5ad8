/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the era layer without a transport. Registry, calls and a small plugin are real. Messages
 * arrive as if over HTTP or stdio, and each answer is stored in a `struct sent`. */
#ifndef TESTS_UNIT_ERA_RIG_H
#define TESTS_UNIT_ERA_RIG_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "era/eras.h"
#include "rpc/exchange.h"

#define RIG_CONNECTIONS 20u /* server.max_connections */
#define SENT_HEADERS 12
#define SENT_NOTES 64

struct config;

/* One message and its answer. */
struct sent {
	struct exchange exchange; /* first */
	struct exchange_header header[SENT_HEADERS];
	size_t headers;
	bool no_stream; /* the peer accepts no notification */
	bool streaming;
	bool finished;
	int status;
	char session[1200]; /* Mcp-Session-Id of the answer, or "" */
	char allow[32];
	struct json_object *answer; /* NULL: no body */
	struct json_object *note[SENT_NOTES];
	size_t notes;
	size_t wanted;	   /* rig_wait_notes() */
	char event_id[64]; /* of the last event that had an id, or "" */
	bool primed;	   /* an event with an id and no data has come */
};

#define MODERN_META(more)                                                        \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
	"\"io.modelcontextprotocol/clientCapabilities\":{}" more "}"
#define CAPABLE_META(capabilities)                                               \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
	"\"io.modelcontextprotocol/clientCapabilities\":" capabilities "}"

extern struct eras *rig_eras;
extern const char *rig_principal; /* the principal of messages from now on: "local" */
extern size_t rig_page;		  /* rows on a page; set it before rig_start() */
/* Changes the configuration before the host is made; NULL: nothing is changed. */
extern void (*rig_configure)(struct config *config);
extern unsigned rig_ask_ms;	/* time for the client's answers; set it before rig_start() */
extern bool rig_slow_cancelled; /* the tool `slow` has noticed that it was cancelled */
extern size_t rig_eofs;
extern bool rig_no_stream;  /* the peers of messages from now on accept no stream */
extern int64_t rig_until_s; /* when the credential of messages from now on ends; 0: never */

void rig_start(void);
void rig_stop(void);
/* Makes everything again with the same keys, as after a restart of the host. */
void rig_restart(void);

/* Sends a message. `headers` is NAME, VALUE, …, NULL. When the host
 * can answer at once, the returned struct has the answer already. rig_stop() frees it. */
struct sent *send_http(const char *const *headers, const char *json);
struct sent *send_stdio(const char *json);
/* Sends a modern request over HTTP with all headers right. `params` has the members besides _meta,
 * or is "". */
struct sent *call_modern(const char *method, const char *name, const char *params);
/* Sends such a request with these client capabilities. */
struct sent *call_capable(const char *method, const char *name, const char *params,
			  const char *capabilities);
/* Runs the loop until the answer has arrived, or this number of notifications. */
struct sent *rig_wait(struct sent *sent);
void rig_wait_notes(struct sent *sent, size_t notes);
/* Runs the loop for a few milliseconds; or until a condition is true. */
void rig_rounds(int ms); /* the time for which the loop runs */
void rig_idle(void);
void rig_until(const bool *condition);
/* Lets the peer of this message leave. */
void rig_close(struct sent *sent);
/* The bytes that were sent to stdio outside of an exchange. NULL when there are none. Borrowed. */
struct json_object *rig_line(size_t i);

/* A member of the answer by its path, "result.content.0.text". A name with dots or slashes is in
 * ''. */
struct json_object *at(struct json_object *tree, const char *path);
const char *text_at(struct json_object *tree, const char *path);
int int_at(struct json_object *tree, const char *path);

#define ERA_REQUEST(id, method, params) \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"" method "\",\"params\":{" params "}}"
#define SERVER_INFO "result._meta.'io.modelcontextprotocol/serverInfo'.name"

/* Asserts that the answer is this error, without a result. */
void expect_refused(struct sent *sent, int status, int code);

#endif
