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

/* Why the host stopped an attempt. */
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

/* The phase of a flight. A table in flight.c has the phases that may follow. */
enum flight_phase {
	FLIGHT_RESTS, /* no attempt runs: the next attempt is queued, or on the timer */
	FLIGHT_WAITS, /* waits for an access token */
	FLIGHT_FILES, /* waits until its files are opened, emptied or kept */
	FLIGHT_RUNS,  /* libcurl owns its handle */
	FLIGHT_ENDS,  /* its transfers are getting the reply */
};

struct disk;
struct file_task;

struct flight {
	struct egress *egress;
	enum flight_phase phase;
	struct flight *next, **link; /* in egress->flights */
	struct transfer *waiters;
	struct request request;
	struct disk *input, *output; /* files, or NULL */
	/* the reply is complete; its output file is being written and kept */
	bool stores;
	uint64_t resumed_at; /* the output has these bytes; the attempt asks for the rest */
	struct reply *reply;
	egress_sink_fn sink;
	void *sink_data;
	int64_t deadline_ms; /* latest deadline of the waiting transfers; 0: none */
	int64_t started_us;
	CURL *easy;		   /* of the current attempt; NULL: there is none */
	struct curl_slist *list;   /* its headers: one array of nodes */
	struct strings credential; /* headers with the credential of the attempt */
	char range[48];		   /* the header Range of the attempt */
	bool whole;		   /* the attempt has its complete reply */
	char detail[CURL_ERROR_SIZE];
	uint64_t body_at; /* bytes of the body that were sent so far */
	unsigned attempts;
	enum stop stop;
	char stop_why[EGRESS_WHY_MAX];
	size_t header_bytes;
	unsigned interims;	      /* number of 1xx replies in this attempt */
	bool headers_done, to_buffer; /* where the body of this reply goes */
	/* the sink received bytes, so there must be no further attempt */
	bool delivered;
	bool paused, held;     /* the sink wants no bytes now, so libcurl pauses */
	bool queued;	       /* in egress->queue */
	bool in_line;	       /* in the line of its upstream; see pace.h */
	bool paced;	       /* its next attempt has a place in the pace of its upstream */
	bool authorized_again; /* after a 401 */
	unsigned generation;   /* number of the credential that was sent */
	unsigned changes;      /* of the upstream when the flight began; see egress_changed() */
	bool changed;	       /* egress_changed() was called for it */
	TAILQ_ENTRY(flight) waiting;  /* link in authorizer->waiting, in FLIGHT_WAITS */
	TAILQ_ENTRY(flight) in_queue; /* in egress->queue */
	TAILQ_ENTRY(flight) place_in_line;
	struct flight *next_abandoned; /* in egress->abandoned */
	struct hash_link by_key;       /* link in egress->shared, if the request is single_flight */
	struct loop_timer retry;
};

struct transfer {
	struct egress *egress;
	bool reuses;	  /* it has joined a flight, or its reply was cached */
	int64_t since_ms; /* when its reply was cached; 0: it was not */
	/* NULL: `ready` or `task` is used */
	struct flight *flight;
	struct file_task *task;
	struct reply *ready;
	/* links in the list of the flight, in egress->pending, or in egress->tasks */
	struct transfer *next, **link;
	egress_done_fn done;
	void *data;
	struct loop_timer deadline;
};

struct flight *flight_new(struct egress *egress);
void flight_move(struct flight *flight, enum flight_phase phase);
void flight_start(struct flight *flight); /* starts the flight, or continues it after a pause */
/* Called for the request's files, which are opened before the first attempt. */
void flight_take_files(struct flight *flight);
/* Does an attempt ask only for the bytes that its output does not have? */
bool flight_resumes(const struct flight *flight);
uint64_t flight_body_len(const struct flight *flight);
void flight_queue(struct flight *flight);   /* flight_start() soon */
void flight_unqueue(struct flight *flight); /* not any more */
/* Called when the flight has its request. Transfers with an equal request can then find the flight,
 * if they may share it. */
void flight_share(struct flight *flight);
/* ends flights that were dropped while libcurl was running */
void flights_sweep(struct egress *egress);
void flight_attempted(struct flight *flight, CURLcode rc);
void flight_fail(struct flight *flight, enum mcp_status error, const char *why);
/* called when no transfer waits for the flight any more */
void flight_drop(struct flight *flight);
const char *flight_target(const struct flight *flight); /* for messages */
void flight_leave(struct transfer *transfer);
/* the first transfer; the list is not empty */
struct transfer *transfer_pop(struct transfer **list);
void transfer_give(struct transfer *transfer, struct reply *reply); /* and frees it */

#endif
