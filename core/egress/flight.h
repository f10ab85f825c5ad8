/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flight is a request to the upstream, with its attempts. A transfer is a caller's wait for it.
 * Usually one transfer has one flight; with MCP_HTTP_SINGLE_FLIGHT several transfers can wait for
 * one flight. Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_FLIGHT_H
#define CORE_EGRESS_FLIGHT_H

#include <sys/queue.h>

#include "base/hash.h"
#include "base/loop.h"
#include "egress/curl_api.h"
#include "egress/egress.h"
#include "egress/limits.h"
#include "egress/reply.h"
#include "egress/request.h"

/* Why the host ended an attempt. */
enum stop {
	STOP_NOT,
	STOP_SINK,
	STOP_TOO_LARGE,
	STOP_BUDGET,
	STOP_HEADERS,
	STOP_ERROR_BODY,
	STOP_PAGE,
	STOP_INTERIM,
	STOP_FILE,
	STOP_ABANDONED
};

/* Where a flight is; flight.c has the table of what may follow. */
enum flight_phase {
	FLIGHT_RESTS, /* no attempt runs: the next attempt is queued, or on the timer */
	FLIGHT_WAITS, /* for an access token */
	FLIGHT_FILES, /* for its files to be opened, emptied or kept */
	FLIGHT_RUNS,  /* libcurl owns its handle */
	FLIGHT_ENDS,  /* its reply is being given */
};

struct disk;

struct flight {
	struct egress *egress;
	enum flight_phase phase;
	struct flight *next, **link; /* in egress->flights */
	struct transfer *waiters;
	struct request request;
	struct disk *input, *output; /* files, or NULL */
	bool stores;		     /* the reply is there; the output is written and kept */
	struct reply *reply;
	egress_sink_fn sink;
	void *sink_data;
	int64_t deadline_ms; /* latest deadline of its waiters; 0: none */
	int64_t started_us;
	CURL *easy; /* of the current attempt */
	struct curl_slist *list;
	char detail[CURL_ERROR_SIZE];
	uint64_t body_at; /* sent so far */
	unsigned attempts;
	enum stop stop;
	char stop_why[EGRESS_WHY_MAX];
	size_t header_bytes;
	unsigned interims;	       /* 1xx heads of this attempt */
	bool headers_done, to_buffer;  /* destination of this reply's body */
	bool delivered;		       /* the sink received bytes: no more attempts */
	bool paused, held;	       /* the sink wants no bytes now; libcurl pauses */
	bool queued;		       /* in egress->queue */
	bool authorized_again;	       /* after a 401 */
	unsigned generation;	       /* of the credential that was sent */
	TAILQ_ENTRY(flight) waiting;   /* in authorizer->waiting, in FLIGHT_WAITS */
	TAILQ_ENTRY(flight) in_queue;  /* in egress->queue */
	struct flight *next_abandoned; /* in egress->abandoned */
	struct hash_link by_key;       /* in egress->shared, if its request is single_flight */
	struct loop_timer retry;
};

struct transfer {
	struct egress *egress;
	struct flight *flight; /* or NULL: `ready` is used */
	struct reply *ready;
	struct transfer *next, **link; /* list of the flight, or egress->pending */
	egress_done_fn done;
	void *data;
	struct loop_timer deadline;
};

struct flight *flight_new(struct egress *egress);
void flight_move(struct flight *flight, enum flight_phase phase);
void flight_start(struct flight *flight); /* or continue after a pause */
/* Of the request's files, which are opened before the first attempt. */
void flight_take_files(struct flight *flight);
uint64_t flight_body_len(const struct flight *flight);
void flight_queue(struct flight *flight);   /* flight_start() soon */
void flight_unqueue(struct flight *flight); /* not any more */
/* It has its request: equal ones of other transfers find it, if they may. */
void flight_share(struct flight *flight);
void flights_sweep(struct egress *egress); /* ends flights that were dropped while libcurl ran */
void flight_attempted(struct flight *flight, CURLcode rc);
void flight_fail(struct flight *flight, enum mcp_status error, const char *why);
void flight_drop(struct flight *flight);		/* no transfer waits for it any more */
const char *flight_target(const struct flight *flight); /* for messages */
void flight_leave(struct transfer *transfer);
struct transfer *transfer_pop(struct transfer **list); /* the first; the list is not empty */
void transfer_give(struct transfer *transfer, struct reply *reply); /* and frees it */

#endif
