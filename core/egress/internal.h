/* SPDX-License-Identifier: Apache-2.0 */
/* The state of egress, which its files share. Loop thread only. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_INTERNAL_H
#define CORE_EGRESS_INTERNAL_H

#include "base/hash.h"
#include "base/loop.h"
#include "egress/authorize.h"
#include "egress/budget.h"
#include "egress/curl_api.h"
#include "egress/egress.h"
#include "egress/flight.h"
#include "egress/pace.h"
#include "egress/users.h"

#define EGRESS_ID_BYTES 24 /* a trace id and a span id */
#define EGRESS_IDS 32

struct cache;
struct handles;

struct egress {
	struct loop *loop;
	const struct config *config;
	struct pool *pool;	     /* the pool whose threads read and write files */
	const struct curl_api *curl; /* NULL before the first request */
	CURLM *multi;
	CURLSH *share; /* TLS sessions */
	char *no_proxy;
	struct loop_timer timer;
	struct flight *flights;
	struct hash shared;	   /* flights that other transfers may join, by their keys */
	struct flight_queue queue; /* flights that will be started soon */
	struct flight *abandoned;  /* flights that are STOP_ABANDONED */
	struct transfer *pending;  /* with a reply ready */
	size_t n_pending;
	struct transfer *tasks; /* whose request has a file_op */
	struct loop_job job;
	bool posted;
	size_t running; /* flights that libcurl works on */
	/* highest number of such flights in this period, and in the last one */
	size_t peak, peak_before;
	int64_t peak_since_ms;
	struct loop_timer idle;
	unsigned inside;	       /* libcurl runs: no handle may be added or removed */
	struct authorizer *authorizer; /* of each upstream */
	struct users users;	       /* on whose behalf requests are made */
	struct pace *pace;	       /* of each upstream */
	struct handles *handles;       /* the same */
	unsigned *changes;	       /* number of changes of each upstream */
	struct cache *cache;
	struct loop_timer sweep; /* of the cache, when it is not empty */
	bool sweeps;
	struct budget budget;				/* limits.replies */
	unsigned char ids[EGRESS_IDS][EGRESS_ID_BYTES]; /* for trace contexts; see request.c */
	size_t ids_left;
};

void egress_later(struct egress *egress); /* runs the queue and the pending transfers soon */
/* A request that may have changed something at its upstream has ended, or was given up. Cached
 * replies of the upstream are dropped, and requests that come later do not join reads that began
 * before: otherwise a caller would not see its own change. */
void egress_changed(struct flight *flight);
/* Keeps the flight's reply for later requests with the same key, if it is still valid. */
void egress_remember(struct flight *flight);
/* Ends a transfer with this reply, whose reference it takes. */
void transfer_leave(struct transfer *transfer, struct reply *reply);
/* Sends a request of the host itself; takes ownership of it. */
struct transfer *egress_take_off(struct egress *egress, struct request *request,
				 int64_t deadline_ms, egress_done_fn done, void *data);

#endif
