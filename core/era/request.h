/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request in the host, and what an era decides about it. Every request ends in exactly one of
 * request_end(), request_send(), request_error() and request_withdraw(). All of them free it, so
 * callers return right after.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_REQUEST_H
#define CORE_ERA_REQUEST_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/principal.h"
#include "base/hash.h"
#include "base/buf.h"
#include "base/verdict.h"
#include "config/snapshot.h"
#include "base/json.h"
#include "era/era.h"
#include "era/session.h"
#include "registry/registry.h"
#include "rpc/error.h"
#include "rpc/message.h"
#include "rpc/exchange.h"

#define NAME_SHOWN_MAX 128u	       /* bytes of a client's text in a message */
#define NAME_ROOM (NAME_SHOWN_MAX + 4) /* the same, with the mark that it was cut */

/* bytes of one answer: a 16 MiB reply as base64, and the JSON around it */
#define ANSWER_MAX (64u << 20)
#define NOTE_MAX (1u << 20)	     /* bytes of one notification or question to the client */
#define BATCH_MAX 100		     /* messages of one batch */
#define PARSE_INLINE (64u << 10)     /* a worker parses bodies that are larger than this */
#define CAPABILITIES_MAX (64u << 10) /* bytes of a client's capabilities */
#define ANSWERS_TEXT_MAX (1u << 20)  /* bytes of the answers to questions, all together */
#define HELD_MAX (256u << 20)	     /* approximate bytes of memory of all running requests */
#define ASK_ROUNDS 8		     /* how often one request may ask its client a question */
#define ASK_MS 600000		     /* time for an answer of a legacy client */

struct client_requests;
struct limited;
struct limits_ticket;
struct call;
struct eras;
struct json;
struct policy_class;
struct subscription;
struct prepare;
struct result;

struct batch;
struct request;

/* The phase of a request. Only request_move() writes it, by the table in request.c. After each
 * phase stands the code that changes it: */
enum request_phase {
	REQUEST_NEW, /* read: request_run() */
	/* the era has accepted the request and its method runs: changed by the method, prepare,
	 * invoke */
	REQUEST_ADMITTED,
	REQUEST_PREPARING, /* a worker has the message: changed by prepare */
	/* the store of limits was asked: changed by limited */
	REQUEST_WAITING,
	REQUEST_CALLING, /* its call is running: changed by the events of the call */
	/* it or its call waits for a legacy client: changed by client_requests */
	REQUEST_ASKING,
	REQUEST_LISTENING, /* a subscription: subscriptions */
	REQUEST_ENDED,	   /* the exchange has its answer, or will get none */
};

struct request {
	enum request_phase phase;
	struct request *next, **link; /* link in the list of its peer */
	struct hash_link by_id;	      /* link in eras->ids, if the peer has a space of ids */
	struct eras *eras;
	struct snapshot *snapshot; /* of its start; held */
	struct peer *peer;
	struct exchange *exchange;
	struct batch *batch; /* the batch of the request, or NULL */
	struct message message;
	const struct era *era;
	const struct method *method;
	enum revision revision;
	struct session *session; /* the session; NULL in the modern era */
	struct principal principal;
	struct policy_class *class; /* what it sees */

	/* from the client */
	const char *capabilities; /* JSON object text */
	char *own_capabilities;	  /* owned, or NULL */
	unsigned can;		  /* what it can be asked: bits of capabilities.h; modern only */
	char *progress_token;	  /* raw JSON, or NULL */
	bool tasks;		  /* the client declares the extension for tasks */
	int log_level;		  /* the least level to report; LEVEL_NONE: nothing */

	/* the call */
	const struct row *row;
	const char *upstream;	       /* of the call; NULL: that of its plugin */
	struct verdict verdict;	       /* while a person is asked, before there is a call */
	bool confirmed;		       /* a person has confirmed the call */
	const struct row *target;      /* of a completion: what it completes an argument of */
	struct json_object *arguments; /* the arguments that the call gets */
	char *notes;		       /* a note about changed arguments for the answer, or NULL */
	struct call *call;
	struct limited *limited;      /* what it asks the store of limits, or NULL */
	struct limits_ticket *ticket; /* of the limits, until the call has it; or NULL */
	uint64_t audited;	      /* the number of its last event in the audit log; 0: none */
	struct json_object *answers;  /* the client's answers so far: {key: result}, or NULL */
	char *answers_text;	      /* the answers that the call already has */
	char number[33];	      /* the number of its request state, or "" */
	unsigned round;		      /* how often the client was asked before */
	struct buf handle; /* the handle of the operation whose poll asked, if this answers its
			    * question; or empty */
	bool may_task;	   /* the operation becomes a task if it does not end soon */
	/* for a task that is polled: when it was created, in milliseconds since 1970 */
	int64_t task_created_ms;
	bool deaf; /* the peer accepts no notification of this request */

	/* the questions to a legacy client; set from the first question on */
	struct client_requests *asked;
	struct subscription *subscription;
	struct prepare *prepare; /* a worker has the message */
	char *session_id;	 /* the response header Mcp-Session-Id, or NULL */
	char *challenge;	 /* the response header WWW-Authenticate, or NULL */
};

/* Makes a request. Takes the contents of `message`, which is empty afterwards. */
struct request *request_new(struct eras *eras, struct exchange *exchange, struct batch *batch,
			    struct peer *peer, const struct era *era, struct message *message);
void request_move(struct request *request, enum request_phase phase);
/* Lets the era check the request, finds the method and runs it. */
void request_run(struct request *request);
/* The open request of this peer with this id, other than `except`, which may be NULL. NULL: there
 * is none. */
struct request *request_find(struct eras *eras, const struct peer *peer, struct json_object *id,
			     const struct request *except);

/* The rows that the caller may see. */
const struct row_view *request_view(const struct request *request);

/* Writes a result: begin opens it and returns the writer of its members; end adds the members of
 * the era, closes the result and sends it. */
struct json *request_begin(struct request *request);
void request_end(struct request *request, const struct wrap *wrap);
/* Sends a result without members of its own. */
void request_empty(struct request *request);
/* Sends the content of eras->out unchanged. */
void request_send(struct request *request, int status);
/* Answers with an error. `data` is JSON text or NULL. The message is masked and put on one line. */
void request_error(struct request *request, enum rpc_error error, const char *data,
		   const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Answers with an error that has the text of a failed call, which may have several lines. */
void request_failure(struct request *request, enum rpc_error error, const char *data,
		     const struct buf *text);
/* A client's text for a message: masked, on one line, cut. */
const char *request_shown(const char *name, char shown[NAME_ROOM]);
/* Ends the request without an answer, because the client cancelled or left. */
void request_withdraw(struct request *request);
/* Called when the host stops: all requests of a peer end without an answer. */
void request_forget(struct peer *peer);
/* Sends one message on the request's own stream, before its answer. */
bool request_notify(struct request *request, const struct buf *json);

/* Parameters that must be plain text; NULL: the request was refused with -32602 and is freed. */
const char *request_text(struct request *request, const char *name);

#endif
