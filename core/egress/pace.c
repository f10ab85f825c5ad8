/* SPDX-License-Identifier: Apache-2.0 */
#include "egress/pace.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "egress/flight.h"
#include "egress/internal.h"
#include "metrics/metrics.h"

void
pace_init(struct pace *pace, const struct config_upstream *upstream)
{
	pace->per_second = upstream->requests_per_second;
	pace->running_max = pace->connections = upstream->max_connections;
	TAILQ_INIT(&pace->line);
}

bool
pace_pause(struct pace *pace, int64_t now_ms, int64_t wait_ms)
{
	const bool begins = pace->until_ms <= now_ms;

	if (now_ms + wait_ms > pace->until_ms)
		pace->until_ms = now_ms + wait_ms;
	return begins && wait_ms > 0;
}

/* Only requests that come during a pause wait for it, one after the other. Those that come later
 * are sent at once: otherwise a host with enough callers would stay slow after a single pause. */
int64_t
pace_reserve(struct pace *pace, int64_t now_ms)
{
	int64_t at_ms = now_ms, rate_ms = 0;

	if (pace->until_ms > now_ms) {
		at_ms = pace->next_ms > pace->until_ms ? pace->next_ms : pace->until_ms;
		pace->next_ms = at_ms + PACE_SPREAD_MS;
	}
	if (pace->per_second > 0)
		rate_ms = bucket_reserve(&pace->sent, pace->per_second, 1000, now_ms);
	return at_ms - now_ms > rate_ms ? at_ms - now_ms : rate_ms;
}

int64_t
pace_expected(const struct pace *pace, int64_t now_ms)
{
	struct pace copy = *pace;

	return pace_reserve(&copy, now_ms);
}

/* ---- flights -------------------------------------------------------------------------------- */

/* The pace of the upstream; NULL for other requests, which do not count there. */
static struct pace *
pace_of(const struct flight *flight)
{
	const struct request *request = &flight->request;

	if (request->grant || request->document || request->link)
		return NULL;
	return &flight->egress->pace[request->upstream - flight->egress->config->upstream];
}

static void
finish_late(struct flight *flight, int64_t wait_ms)
{
	char why[EGRESS_WHY_MAX];

	snprintf(why, sizeof(why),
		 "too many requests go to %s: the next one can be sent in %" PRId64
		 " s, and the call must end before",
		 flight_target(flight), (wait_ms + 999) / 1000);
	flight->reply->public.retry_after_ms = wait_ms;
	flight_fail(flight, MCP_E_THROTTLED, why);
}

bool
pace_has_room(struct flight *flight)
{
	struct pace *pace = pace_of(flight);

	if (pace == NULL || pace->running_max == 0 || pace->running < pace->running_max)
		return true;
	CHECK(!flight->in_line);
	flight->in_line = true;
	TAILQ_INSERT_TAIL(&pace->line, flight, place_in_line);
	return false;
}

void
pace_leave_line(struct flight *flight)
{
	if (!flight->in_line)
		return;
	flight->in_line = false;
	TAILQ_REMOVE(&pace_of(flight)->line, flight, place_in_line);
}

void
pace_runs(struct flight *flight)
{
	struct pace *pace = pace_of(flight);

	if (pace != NULL)
		pace->running++;
}

void
pace_rests(struct flight *flight)
{
	struct pace *pace = pace_of(flight);

	if (pace == NULL)
		return;
	CHECK(pace->running > 0);
	pace->running--;
	if (!TAILQ_EMPTY(&pace->line))
		egress_later(flight->egress);
}

void
pace_spoke(struct flight *flight, unsigned version)
{
	struct pace *pace = pace_of(flight);

	if (pace == NULL || version == 0 || version == pace->version)
		return;
	pace->version = version;
	pace->running_max = pace->connections;
	if (version >= 20 && pace->running_max < PACE_STREAMS)
		pace->running_max = PACE_STREAMS;
	log_event(LOG_DEBUG, "upstream-http", "upstream", "s", flight->request.upstream->role,
		  "version", "s", version >= 20 ? "HTTP/2" : "HTTP/1.1", NULL);
}

bool
pace_call_line(struct egress *egress)
{
	bool any = false;

	for (size_t i = 0; i < egress->config->upstreams; i++) {
		struct pace *pace = &egress->pace[i];
		size_t room =
		    pace->running < pace->running_max ? pace->running_max - pace->running : 0;

		for (; room > 0 && !TAILQ_EMPTY(&pace->line); room--) {
			struct flight *flight = TAILQ_FIRST(&pace->line);

			pace_leave_line(flight);
			flight_queue(flight);
			any = true;
		}
	}
	return any;
}

bool
pace_its_turn(struct flight *flight)
{
	struct pace *pace = pace_of(flight);
	const int64_t now_ms = clock_ms();
	int64_t wait_ms;

	if (pace == NULL || (flight->paced && pace->until_ms <= now_ms))
		return true;
	if (flight->deadline_ms > 0) {
		wait_ms = pace_expected(pace, now_ms);
		if (now_ms + wait_ms >= flight->deadline_ms) {
			finish_late(flight, wait_ms);
			return false;
		}
	}
	wait_ms = pace_reserve(pace, now_ms);
	flight->paced = true;
	if (wait_ms > 0)
		loop_timer_set(flight->egress->loop, &flight->retry, wait_ms);
	return wait_ms == 0;
}

void
pace_throttled(const struct flight *flight, int64_t wait_ms)
{
	struct pace *pace = pace_of(flight);

	metrics_throttled(flight->request.upstream->role);
	if (pace != NULL && pace_pause(pace, clock_ms(), wait_ms))
		log_event(LOG_NOTICE, "upstream-throttled", "upstream", "s",
			  flight->request.upstream->role, "status", "i",
			  (int64_t)flight->reply->public.status, "wait_ms", "i", wait_ms, NULL);
}
