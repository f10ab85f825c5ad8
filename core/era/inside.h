/* SPDX-License-Identifier: Apache-2.0 */
/* The members of struct eras, for the files of this folder. */
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
#include "era/once.h"
#include "era/request.h"
#include "era/session.h"
#include "era/subscriptions.h"
#include "registry/registry.h"

struct held_answer;
struct stream;
struct subscription;

#define SETTLED_MAX 1024u /* entries of eras->settled */

enum eras_state {
	ERAS_SERVING,
	ERAS_INPUT_ENDED, /* stdin has ended; the requests from it are still answered */
	ERAS_ENDING,	  /* eras_free() */
};

struct eras {
	struct eras_parts parts;
	struct receiver receiver;
	struct json_limits limits; /* of inbound messages */
	struct buf out;		   /* the answer that is being written: there is one at a time */
	struct json json;	   /* its writer */
	struct buf note;	   /* the current notification */
	struct sessions *sessions;
	struct confirms *confirms; /* used ones; see confirm.h */
	struct session pipe;	   /* the client on stdio, and its legacy session if it has one */
	struct peer loose;	   /* modern requests over HTTP; they share no ids */
	struct hash ids;	   /* the open requests of all other peers, by peer and id */
	/* sends messages without a request to a legacy client on stdio; NULL: no stdio */
	void (*send_stdio)(void *data, const char *json, size_t len);
	void *stdio;
	void (*eof)(void *data);
	void *eof_data;
	enum eras_state state;
	size_t parsing; /* messages of stdio that a worker parses */
	/* called when no request of stdin is left: tells the host */
	struct loop_timer end;
	struct subscription *subscriptions; /* open ones */
	size_t n_subscriptions;
	/* tasks that are known to work no longer, by the hash of their id: their state is always
	 * looked up. A lost entry does no harm. */
	uint64_t settled[SETTLED_MAX];
	struct stream *streams; /* open ones of legacy sessions; see streams.h */
	size_t n_streams;
	struct loop_timer standing;	      /* while one of both is open; see standing.h */
	bool judging;			      /* the timer is set */
	uint64_t changes;		      /* the number of the last change */
	uint64_t changed[SUBSCRIPTION_KINDS]; /* of the last change of each list; 0: none */
	char origin[17]; /* begins the event ids of this process; "": not made yet */
	struct held_answer *held_answers; /* they wait for the audit log */
	size_t held;			  /* bytes of the messages of open requests; see HELD_MAX */
	/* number of questions sent to legacy clients; their ids are made of it */
	uint64_t questions;
	struct hash watches; /* subscribed objects, by URI or task id */
	struct once used;    /* states of requests that began a call */
	struct hash asked;   /* unanswered questions, by their id */
};

/* eras.c: called when a request of stdin, or the parsing of one, has ended. When it was the last
 * one and stdin has ended too, the host is told. */
void eras_check_end(struct eras *eras);

#endif
