/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast requests go to one upstream, all plugins together. An upstream that answers 429, or 503
 * with Retry-After, asks the host to wait, not one call: until then no request is sent to it, and
 * those that waited are then sent one after the other. `requests_per_second` of the upstream
 * limits the rate before the upstream has to. Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_PACE_H
#define CORE_EGRESS_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bucket.h"
#include "egress/authorize.h"

#define PACE_SPREAD_MS 20 /* between two requests that have waited */
/* Requests that libcurl may have at a time when an upstream speaks HTTP/2, where one connection
 * carries many of them; a stream needs about 20 KB. Over HTTP/1.1 it may have one for each
 * connection. The others wait in line, where one costs a tenth of the memory: libcurl gives each
 * request its buffers at once, also when it has no connection for it. */
#define PACE_STREAMS 256u

/* Of each upstream. A zeroed one lets everything pass. */
struct pace {
	unsigned per_second; /* 0: no limit */
	struct bucket sent;
	int64_t until_ms;   /* monotonic: nothing is sent before */
	int64_t next_ms;    /* the next one of those that wait */
	unsigned version;   /* of HTTP in the last reply: 11 or 20; 0: no reply has come */
	size_t connections; /* how many there may be */
	size_t running_max; /* requests that libcurl may have; 0: no limit */
	size_t running;
	struct flight_queue line; /* flights that wait because it has so many */
};

/* The upstream asked to wait. Returns whether it is a new wait. */
bool pace_pause(struct pace *pace, int64_t now_ms, int64_t wait_ms);
/* Milliseconds until a request may be sent, 0: now. Its place is reserved: it must be sent then, or
 * ask again if there was another pause meanwhile. */
int64_t pace_reserve(struct pace *pace, int64_t now_ms);
/* The same, and nothing is reserved. */
int64_t pace_expected(const struct pace *pace, int64_t now_ms);

struct config_upstream;
struct egress;
struct flight;

/* May libcurl have one more request of this upstream? False: the flight waits in line. */
bool pace_has_room(struct flight *flight);
void pace_leave_line(struct flight *flight);
/* Called when libcurl gets or gives back the flight's request. */
void pace_runs(struct flight *flight);
void pace_rests(struct flight *flight);
/* Gives those in line to egress->queue for which there is room now. */
bool pace_call_line(struct egress *egress); /* false: none */
/* Called for a reply: the version of HTTP that it came with, 11 or 20, decides how many requests
 * libcurl may have at a time. */
void pace_spoke(struct flight *flight, unsigned version);
/* `pace` is zeroed. */
void pace_init(struct pace *pace, const struct config_upstream *upstream);

/* False when the flight must wait for its turn, and is then started by its timer; or when it cannot
 * wait so long, and has ended. */
bool pace_its_turn(struct flight *flight);
/* The upstream asked this flight to wait for so long: its other requests do so too. */
void pace_throttled(const struct flight *flight, int64_t wait_ms);

#endif
