/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share: the inside of struct eras. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_ERAS_H
#define CORE_ERA_ERAS_H

#include "base/buf.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/loop.h"
#include "era/era.h"
#include "era/request.h"
#include "era/session.h"
#include "registry/registry.h"

struct listen;

struct eras {
	struct eras_parts parts;
	struct receiver receiver;
	struct json_limits limits; /* of inbound messages */
	struct buf out;		   /* the answer being built: there is one at a time */
	struct json json;	   /* its writer */
	struct buf note;	   /* the notification being built */
	struct sessions *sessions;
	struct session pipe; /* stdio, and the legacy session on it once there is one */
	struct peer loose;   /* modern requests over HTTP, which share nothing */
	/* sends what answers nothing to a legacy client on stdio; NULL: no stdio */
	void (*send_stdio)(void *data, const char *json, size_t len);
	void *stdio;
	void (*eof)(void *data);
	void *eof_data;
	bool ending;	       /* eras_free() */
	bool ended;	       /* stdin; what it asked is still answered */
	size_t parsing;	       /* messages of stdio that a worker parses */
	struct loop_timer end; /* nothing is left to answer there: tells the host */
	struct listen *listens;
	size_t n_listens;
	size_t held;	    /* what the messages of open requests cost; see HELD_MAX */
	uint64_t questions; /* asked of legacy clients so far: ids of ours */
	struct buf lists[ROW_KINDS][REVISIONS][ACCESS_ADMIN + 1]; /* whole results; see lists.c */
};

/* ---- receive.c ----------------------------------------------------------------------------- */

/* An error about a message that never became a request. `id` NULL: unknown. */
void exchange_refuse(struct eras *eras, struct exchange *exchange, int status, const char *id,
		     int code, const char *message);
/* A request of stdio has ended: was it the last one, and stdin too? */
void pipe_check_end(struct eras *eras);
/* Taken, and nothing to say: 202. */
void exchange_accept(struct exchange *exchange);
/* A notification of the client's. */
void notification_receive(struct eras *eras, struct peer *peer, const struct message *message);

/* ---- batch.c: JSON-RPC batches, which only revision 2025-03-26 knows ----------------------- */

void batch_receive(struct eras *eras, struct exchange *exchange, struct session *session,
		   const struct message *message);
/* One element has its answer, or (NULL) will have none. */
void batch_add(struct batch *batch, const struct buf *answer);

/* ---- legacy.c ------------------------------------------------------------------------------ */

bool legacy_version(const char *name); /* is it one of the legacy revisions? */
/* Routes a message that is no batch. */
void legacy_receive(struct eras *eras, struct exchange *exchange, struct message *message);
/* The same within a known session; `batch` may be NULL, else nothing is said to the exchange. */
void legacy_message(struct eras *eras, struct exchange *exchange, struct session *session,
		    struct batch *batch, struct message *message);
/* The session an exchange belongs to; NULL: refused (and finished), with this id. */
struct session *legacy_session(struct eras *eras, struct exchange *exchange, const char *id);
void legacy_initialize(struct request *request);

/* ---- modern.c ------------------------------------------------------------------------------ */

bool modern_claim(const struct message *message); /* does `_meta` name a revision? */
void modern_receive(struct eras *eras, struct exchange *exchange, struct message *message);

/* ---- server.c: who we are and what we can do ----------------------------------------------- */

void server_info(const struct eras *eras, enum revision revision, struct json *out);
void server_capabilities(const struct request *request, struct json *out);
const char *server_instructions(const struct eras *eras);
void server_discover(struct request *request);

/* ---- the methods --------------------------------------------------------------------------- */

void tools_list(struct request *request);
void prompts_list(struct request *request);
void resources_list(struct request *request);
void templates_list(struct request *request);
void tools_call(struct request *request);
void tools_answer(struct request *request, const struct result *result);
void resources_read(struct request *request);
void resources_answer(struct request *request, const struct result *result);
void resources_subscribe(struct request *request);
void resources_unsubscribe(struct request *request);
void prompts_get(struct request *request);
void prompts_answer(struct request *request, const struct result *result);
void completion_complete(struct request *request);
void completion_answer(struct request *request, const struct result *result);
void logging_set_level(struct request *request);

#endif
