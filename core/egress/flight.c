/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flight: attempts until one of them gives the answer, which all waiting transfers get. While
 * libcurl runs, no handle may be added or removed. Such changes are marked and made after it
 * returns.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/seal.h"
#include "config/text.h"
#include "egress/attempt.h"
#include "egress/disk.h"
#include "egress/internal.h"
#include "egress/retry.h"
#include "metrics/metrics.h"
#include "upstream/upstream.h"

static void try_again(struct loop_timer *timer);

/* The phases that may follow each phase. Another order means that the flight is lost in a list or
 * in libcurl. */
static const bool may_follow[][FLIGHT_ENDS + 1] = {
	[FLIGHT_RESTS] = { [FLIGHT_WAITS] = true,
			   [FLIGHT_FILES] = true,
			   [FLIGHT_RUNS] = true,
			   [FLIGHT_ENDS] = true },
	[FLIGHT_FILES] = { [FLIGHT_RESTS] = true },
	[FLIGHT_WAITS] = { [FLIGHT_RESTS] = true },
	[FLIGHT_RUNS] = { [FLIGHT_RESTS] = true },
	[FLIGHT_ENDS] = { false },
};

void
flight_move(struct flight *flight, enum flight_phase phase)
{
	CHECK(may_follow[flight->phase][phase]);
	flight->phase = phase;
}

struct flight *
flight_new(struct egress *egress)
{
	struct flight *flight = xcalloc(1, sizeof(*flight));

	flight->egress = egress;
	flight->started_us = clock_us();
	flight->retry.fn = try_again;
	flight->retry.data = flight;
	flight->next = egress->flights;
	flight->link = &egress->flights;
	if (flight->next != NULL)
		flight->next->link = &flight->next;
	egress->flights = flight;
	return flight;
}

void
flight_share(struct flight *flight)
{
	const char *key = flight->request.key;

	if (!flight->request.single_flight)
		return;
	flight->by_key.owner = flight;
	hash_add(&flight->egress->shared, &flight->by_key, hash_of(NULL, key, strlen(key)));
}

void
flight_unqueue(struct flight *flight)
{
	if (!flight->queued)
		return;
	TAILQ_REMOVE(&flight->egress->queue, flight, in_queue);
	flight->queued = false;
}

static void
flight_free(struct flight *flight)
{
	CHECK(flight->waiters == NULL); /* otherwise these transfers would wait for ever */
	egress_changed(flight);
	flight_unqueue(flight);
	pace_leave_line(flight);
	if (flight->by_key.owner != NULL)
		hash_remove(&flight->egress->shared, &flight->by_key);
	disk_release(flight->input);
	disk_release(flight->output);
	loop_timer_stop(flight->egress->loop, &flight->retry);
	authorize_leave(flight);
	attempt_end(flight);
	*flight->link = flight->next;
	if (flight->next != NULL)
		flight->next->link = flight->link;
	reply_unref(flight->reply);
	request_fini(&flight->request);
	free(flight);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void
add_span(const struct flight *flight, bool ok)
{
	const struct request *request = &flight->request;
	const struct mcp_reply *reply = &flight->reply->public;
	const struct trace_attribute attributes[] = {
		{ "http.request.method", request->method, 0 },
		{ "url.path", request->path, 0 },
		{ "server.address", request->upstream->role, 0 },
		{ "http.response.status_code", NULL, reply->status > 0 ? reply->status : -1 },
		{ "http.request.resend_count", NULL,
		  flight->attempts > 1 ? (int64_t)flight->attempts - 1 : -1 },
		{ "lakehost.request_id", *reply->request_id != '\0' ? reply->request_id : NULL,
		  -1 },
	};

	traces_add(&(struct trace_span){ .place = &request->trace,
					 .name = request->method,
					 .kind = TRACE_CLIENT,
					 .us = clock_us() - flight->started_us,
					 .failed = !ok,
					 .attribute = attributes,
					 .attributes = ARRAY_SIZE(attributes) });
}

static void
log_flight(const struct flight *flight)
{
	const struct request *request = &flight->request;
	const struct mcp_reply *reply = &flight->reply->public;
	bool ok = reply->error == MCP_OK && reply->status < 400;

	log_event(ok ? LOG_DEBUG : LOG_INFO, "upstream", "upstream", "s", request->upstream->role,
		  "plugin", "s", request->plugin, "tool", "s", request->tool, "principal", "s",
		  request->principal, "method", "s", request->method, "path", "s", request->path,
		  "status", "i", (int64_t)reply->status, "ms", "i",
		  (clock_us() - flight->started_us) / 1000, "attempts", "i",
		  (int64_t)flight->attempts, "bytes", "i", (int64_t)reply->bytes, "request_id", "s",
		  *reply->request_id != '\0' ? reply->request_id : NULL, "why", "s",
		  *reply->why != '\0' ? reply->why : NULL, NULL);
	metrics_upstream(request->upstream->role, reply->status, flight->attempts,
			 clock_us() - flight->started_us);
	if (request->trace.trace[0] != '\0')
		add_span(flight, ok);
}

static void
finish(struct flight *flight, enum mcp_status error, const char *why)
{
	struct reply *reply = flight->reply;

	attempt_end(flight);
	reply_set_why(reply, error, why);
	free(reply->request_id);
	reply->request_id =
	    flight->request.upstream->kind->request_id(reply->headers, reply->n_headers,
						       (struct mcp_text){ reply->body.data,
									  reply->public.status >=
										  400
									      ? reply->body.len
									      : 0 });
	reply_seal(reply);
	log_flight(flight);
	egress_changed(flight);
	egress_remember(flight);
	flight_move(flight, FLIGHT_ENDS);
	/* the reply is not in the cache, so it is freed when all transfers have it */
	if (reply->refs == 1)
		reply_uncount(reply);
	while (flight->waiters != NULL)
		transfer_give(transfer_pop(&flight->waiters), reply);
	flight_free(flight);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void start(struct flight *flight);
static void stopped(struct flight *flight);

/* The file is there, or it was there before. */
static void
stored(struct flight *flight)
{
	if (flight->request.part_of != NULL) {
		flight->reply->public.status = 200; /* and not 206 */
		flight->reply->public.bytes = flight->output->file.size;
	}
	finish(flight, MCP_OK, "");
}

/* The reply is complete: writes the rest of the output, gives the file its name, and ends the
 * flight. */
static void
store(struct flight *flight)
{
	struct disk *output = flight->output;

	flight->stores = true;
	if (!disk_flush(output)) {
		flight_move(flight, FLIGHT_FILES);
	} else if (output->status != MCP_OK) {
		finish(flight, output->status, output->why);
	} else if (output->file.part != NULL || output->file.piece != NULL) {
		disk_begin(output, DISK_KEEP);
		flight_move(flight, FLIGHT_FILES);
	} else {
		stored(flight);
	}
}

/* Called when a thread has ended its operation on a file of the running attempt. */
static void
go_on(struct flight *flight)
{
	const struct disk *failed =
	    flight->output != NULL && flight->output->status != MCP_OK ? flight->output : NULL;

	if (failed != NULL) {
		flight->stop = failed->status == MCP_E_TOO_LARGE ? STOP_TOO_LARGE : STOP_FILE;
		snprintf(flight->stop_why, sizeof(flight->stop_why), "%s", failed->why);
		stopped(flight);
		return;
	}
	if (flight->output != NULL)
		disk_flush(flight->output);
	if (flight->held)
		flight_queue(flight);
}

static void
file_ready(void *data)
{
	struct flight *flight = data;

	CHECK(flight->egress->inside == 0 && flight->phase != FLIGHT_ENDS);
	if (flight->phase == FLIGHT_RUNS) {
		go_on(flight);
		return;
	}
	if (flight->phase != FLIGHT_FILES)
		return; /* the flight waits for something else, and checks its files afterwards */
	flight_move(flight, FLIGHT_RESTS);
	if (flight->stores)
		store(flight);
	else
		start(flight);
}

void
flight_take_files(struct flight *flight)
{
	const struct request *request = &flight->request;
	const struct strings *dirs = &flight->egress->config->plugins.transfer_dirs;

	if (request->body_file != NULL)
		flight->input = disk_new(flight->egress->pool, dirs, request->body_file, false,
					 file_ready, flight);
	if (request->reply_file != NULL)
		flight->output = disk_new(flight->egress->pool, dirs, request->reply_file, true,
					  file_ready, flight);
	if (request->part_of != NULL && flight->output != NULL)
		disk_of_parts(flight->output, request->part_of, request->part_suffix,
			      request->part);
	else if (request->part_of != NULL && flight->input != NULL)
		disk_of_parts(flight->input, request->part_of, NULL, 0);
}

bool
flight_resumes(const struct flight *flight)
{
	/* a pre-signed link always leads to the same bytes, which are not compressed */
	return flight->output != NULL && flight->output->file.piece != NULL && flight->request.link;
}

uint64_t
flight_body_len(const struct flight *flight)
{
	const struct request *request = &flight->request;

	if (flight->input == NULL)
		return request->body.len;
	return request->body_len > 0 ? request->body_len : flight->input->file.size;
}

/* Prepares an attempt: an output that a failed attempt has begun is emptied. */
static enum disk_op
needed(const struct disk *disk)
{
	if (!disk->open)
		return DISK_OPEN;
	return disk->output && (disk->file.size > 0 || disk->next_len > 0) ? DISK_RESTART
									   : DISK_IDLE;
}

/* False when the flight must wait, or has ended because a file cannot be used. */
static bool
files_ready(struct flight *flight)
{
	struct disk *files[] = { flight->input, flight->output };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct disk *disk = files[i];

		if (disk == NULL)
			continue;
		if (disk->op == DISK_IDLE && disk->status != MCP_OK) {
			finish(flight, disk->status, disk->why);
			return false;
		}
		if (disk->op == DISK_IDLE && disk->file.whole) {
			stored(flight);
			return false;
		}
		if (disk->op == DISK_IDLE && disk->open && disk->output && flight_resumes(flight))
			disk_flush(disk); /* what the last attempt received */
		else if (disk->op == DISK_IDLE && needed(disk) != DISK_IDLE)
			disk_begin(disk, needed(disk));
		if (disk->op != DISK_IDLE) {
			flight_move(flight, FLIGHT_FILES);
			return false;
		}
	}
	return true;
}

/* ---- attempts -------------------------------------------------------------------------------- */

static void
start(struct flight *flight)
{
	struct strings headers;
	bool ok;

	if (flight->in_line || !pace_its_turn(flight) || !files_ready(flight) ||
	    !pace_has_room(flight) || !authorize(flight, &headers))
		return;
	flight->paced = false;
	ok = attempt_start(flight, &headers);
	if (!ok)
		finish(flight, MCP_E_INTERNAL, "the request cannot be started: out of memory");
}

void
flight_start(struct flight *flight)
{
	if (flight->easy != NULL)
		attempt_resume(flight);
	else
		start(flight);
}

void
flight_queue(struct flight *flight)
{
	if (flight->queued)
		return;
	flight->queued = true;
	TAILQ_INSERT_TAIL(&flight->egress->queue, flight, in_queue);
	egress_later(flight->egress);
}

static void
try_again(struct loop_timer *timer)
{
	flight_start(timer->data);
}

/* Prepares the next attempt. When it would begin after the deadline, the flight ends. */
static bool
repeat(struct flight *flight, CURLcode rc)
{
	struct egress *egress = flight->egress;
	struct retry_case what = { .class = flight->request.retry,
				   .rc = rc,
				   .status = flight->reply->public.status,
				   .sent_nothing = rc != CURLE_OK && attempt_sent_nothing(flight),
				   .delivered = flight->delivered };
	uint32_t random;
	int64_t wait;

	if (rc == CURLE_OK && !retry_status(what.status))
		return false;
	random_bytes(&random, sizeof(random));
	wait = retry_wait_ms(flight->attempts - 1, flight->reply->public.retry_after_ms, random);
	if (what.status == 429 || (what.status == 503 && flight->reply->public.retry_after_ms >= 0))
		pace_throttled(flight, wait);
	if (flight->attempts > flight->request.upstream->max_retries || !retry_allowed(&what))
		return false;
	if (flight->deadline_ms > 0 && clock_ms() + wait >= flight->deadline_ms)
		return false;
	attempt_end(flight);
	loop_timer_set(egress->loop, &flight->retry, wait);
	return true;
}

/* The meaning of an attempt that the host itself has stopped. */
static void
stopped(struct flight *flight)
{
	char why[EGRESS_WHY_MAX + 64];
	enum mcp_status error = MCP_E_UPSTREAM;

	snprintf(why, sizeof(why), "%s", flight->stop_why);
	if (flight->stop == STOP_SINK) {
		flight->reply->public.stopped = true;
		error = MCP_OK;
	} else if (flight->stop == STOP_TOO_LARGE) {
		error = MCP_E_TOO_LARGE;
	} else if (flight->stop == STOP_BUDGET || flight->stop == STOP_FILE) {
		error = MCP_E_UNAVAILABLE;
	} else if (flight->stop == STOP_PAGE || flight->stop == STOP_INTERIM) {
		snprintf(why, sizeof(why), "%s %s", flight_target(flight), flight->stop_why);
	}
	reply_uncount(flight->reply);
	buf_reset(&flight->reply->body);
	finish(flight, error, why);
}

static bool
refused(const struct flight *flight)
{
	const struct reply *reply = flight->reply;

	return reply->public.status >= 400 &&
	       flight->request.upstream->kind->refused(reply->public.status,
						       (struct mcp_text){ reply->body.data,
									  reply->body.len });
}

void
flight_attempted(struct flight *flight, CURLcode rc)
{
	bool cut = flight->stop == STOP_ERROR_BODY;
	char why[EGRESS_WHY_MAX] = "";
	enum mcp_status error = MCP_OK;

	CHECK(flight->phase == FLIGHT_RUNS && flight->egress->inside == 0);
	flight_unqueue(flight); /* an attempt that has ended cannot be resumed */
	flight->whole = rc == CURLE_OK && flight->stop == STOP_NOT;
	if (flight->whole)
		pace_spoke(flight, attempt_version(flight));
	flight->reply->public.retry_after_ms =
	    retry_after_ms(flight->egress->curl, reply_header(flight->reply, "Retry-After"),
			   clock_wall_ms());
	if (flight->stop != STOP_NOT && !cut) {
		stopped(flight);
		return;
	}
	if (cut) { /* the status decides */
		rc = CURLE_OK;
		snprintf(why, sizeof(why), "the text of the error was cut at %u bytes",
			 EGRESS_ERROR_MAX);
	}
	if (rc == CURLE_OK && refused(flight) && authorize_again(flight)) {
		attempt_end(flight);
		start(flight);
		return;
	}
	if (repeat(flight, rc))
		return;
	if (rc != CURLE_OK) {
		error = failure_describe(flight, rc, why, sizeof(why));
		reply_clear(flight->reply); /* an incomplete reply is not used */
	}
	attempt_end(flight);
	if (error == MCP_OK && flight->output != NULL && attempt_has_file(flight))
		store(flight);
	else
		finish(flight, error, why);
}

void
flight_fail(struct flight *flight, enum mcp_status error, const char *why)
{
	reply_clear(flight->reply); /* the body of an attempt whose credential was rejected */
	finish(flight, error, why);
}

const char *
flight_target(const struct flight *flight)
{
	const struct request *request = &flight->request;

	return request->link || request->grant || request->document ? request->path
								    : request->upstream->url;
}

/* ---- waiting transfers
 * ------------------------------------------------------------------------ */

struct transfer *
transfer_pop(struct transfer **list)
{
	struct transfer *transfer = *list;

	loop_timer_stop(transfer->egress->loop, &transfer->deadline);
	*list = transfer->next;
	if (transfer->next != NULL)
		transfer->next->link = list;
	return transfer;
}

void
transfer_give(struct transfer *transfer, struct reply *reply)
{
	egress_done_fn done = transfer->done;
	void *data = transfer->data;

	free(transfer);
	done(data, &reply->public);
}

void
flight_leave(struct transfer *transfer)
{
	struct flight *flight = transfer->flight;

	loop_timer_stop(transfer->egress->loop, &transfer->deadline);
	*transfer->link = transfer->next;
	if (transfer->next != NULL)
		transfer->next->link = transfer->link;
	transfer->flight = NULL;
	if (flight != NULL && flight->waiters == NULL && flight->phase != FLIGHT_ENDS)
		flight_drop(flight);
}

void
flight_drop(struct flight *flight)
{
	if (flight->easy == NULL || flight->egress->inside == 0) {
		flight_free(flight);
		return;
	}
	flight->stop = STOP_ABANDONED; /* the handle cannot be removed before libcurl returns */
	flight->next_abandoned = flight->egress->abandoned;
	flight->egress->abandoned = flight;
}

void
flights_sweep(struct egress *egress)
{
	struct flight *flight;

	while ((flight = egress->abandoned) != NULL) {
		egress->abandoned = flight->next_abandoned;
		flight_free(flight);
	}
}
