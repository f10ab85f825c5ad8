/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of struct eras, for the files of this folder. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_INSIDE_H
#define CORE_ERA_INSIDE_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/loop.h"
#include "era/eras.h"
#include "era/request.h"
#include "era/session.h"
#include "registry/registry.h"

struct subscription;

enum eras_state {
	ERAS_SERVING,
	ERAS_INPUT_ENDED, /* stdin has ended; its requests are still answered */
	ERAS_ENDING,	  /* eras_free() */
};

struct eras {
	struct eras_parts parts;
	struct receiver receiver;
	struct json_limits limits; /* of inbound messages */
	struct buf out;		   /* the current answer: there is one at a time */
	struct json json;	   /* its writer */
	struct buf note;	   /* the current notification */
	struct sessions *sessions;
	struct session pipe; /* stdio, and its legacy session if there is one */
	struct peer loose;   /* modern requests over HTTP, which share nothing */
	struct hash ids;     /* the open requests of all other peers, by peer and id */
	/* sends messages without a request to a legacy client on stdio; NULL: no stdio */
	void (*send_stdio)(void *data, const char *json, size_t len);
	void *stdio;
	void (*eof)(void *data);
	void *eof_data;
	enum eras_state state;
	size_t parsing;			    /* messages of stdio that a worker parses */
	struct loop_timer end;		    /* no request is left there: tells the host */
	struct subscription *subscriptions; /* open ones */
	size_t n_subscriptions;
	size_t held;	    /* bytes of the messages of open requests; see HELD_MAX */
	uint64_t questions; /* number of questions to legacy clients: ids of the host */
	struct hash asked;  /* the questions without an answer, by their id */
	struct buf lists[ROW_KINDS][REVISIONS][ACCESS_ADMIN + 1]; /* whole results; see lists.c */
};

/* eras.c: a request of stdin has ended, or the parsing of one: was it the last, and stdin too? */
void eras_check_end(struct eras *eras);

#endif
