/* SPDX-License-Identifier: Apache-2.0 */
/* A request is answered from the cache, joins a running flight or gets its own. `done` is always
 * called later, never inside egress_submit(). */
#include "egress/egress.h"

#include <stdlib.h>
#include <string.h>

#include <lakehost/version.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/text.h"
#include "egress/cache.h"
#include "egress/file_task.h"
#include "egress/handle.h"
#include "egress/internal.h"
#include "egress/multi.h"
#include "egress/secrets.h"
#include "metrics/metrics.h"

#define CACHE_ENTRY_MAX (1u << 20)
#define CACHE_TOTAL_MAX (16u << 20)
#define CACHE_COUNT_MAX 1024
#define CACHE_SWEEP_MS 10000 /* a reply whose time is over stays in memory for at most so long */

/* ---- later ----------------------------------------------------------------------------------- */

static void
give_first(struct egress *egress)
{
	struct transfer *transfer = transfer_pop(&egress->pending);
	struct reply *reply = transfer->ready;

	CHECK(reply != NULL && egress->n_pending > 0);
	egress->n_pending--;
	transfer_give(transfer, reply);
	reply_unref(reply);
}

static void
run_later(struct loop_job *job)
{
	struct egress *egress = job->data;
	struct flight *flight;

	egress->posted = false;
	pace_call_line(egress);
	while ((flight = TAILQ_FIRST(&egress->queue)) != NULL) {
		flight_unqueue(flight);
		flight_start(flight);
	}
	for (size_t n = egress->n_pending; n > 0 && egress->pending != NULL; n--)
		give_first(egress);
	/* a flight that had its place has ended before it ran */
	if (pace_call_line(egress))
		egress_later(egress);
	if (egress->pending != NULL) /* new transfers; the earlier ones are before them */
		egress_later(egress);
}

void
egress_later(struct egress *egress)
{
	if (egress->posted)
		return;
	egress->posted = true;
	loop_post(egress->loop, &egress->job);
}

static void
join(struct transfer *transfer, struct transfer **list)
{
	transfer->next = *list;
	transfer->link = list;
	if (transfer->next != NULL)
		transfer->next->link = &transfer->next;
	*list = transfer;
}

static struct transfer *
give_later(struct transfer *transfer, struct reply *reply)
{
	transfer->ready = reply;
	transfer->egress->n_pending++;
	join(transfer, &transfer->egress->pending);
	egress_later(transfer->egress);
	return transfer;
}

void
transfer_leave(struct transfer *transfer, struct reply *reply)
{
	flight_leave(transfer);
	transfer->done(transfer->data, &reply->public);
	free(transfer);
	reply_unref(reply);
}

/* ---- deadlines ------------------------------------------------------------------------------- */

static void
deadline_passed(struct loop_timer *timer)
{
	struct transfer *transfer = timer->data;
	struct flight *flight = transfer->flight;
	char why[EGRESS_WHY_MAX];

	snprintf(why, sizeof(why), "no answer from %s within the time of the call (%u attempt%s)%s",
		 flight_target(flight), flight->attempts, flight->attempts == 1 ? "" : "s",
		 flight->phase == FLIGHT_WAITS ? ", because there is no access token yet" : "");
	log_event(LOG_INFO, "upstream", "plugin", "s", flight->request.plugin, "tool", "s",
		  flight->request.tool, "method", "s", flight->request.method, "path", "s",
		  flight->request.path, "ms", "i", (clock_us() - flight->started_us) / 1000,
		  "attempts", "i", (int64_t)flight->attempts, "why", "s", why, NULL);
	metrics_upstream(flight->request.upstream->role, 0, flight->attempts,
			 clock_us() - flight->started_us);
	transfer_leave(transfer, reply_error(MCP_E_TIMEOUT, why));
}

static void
wait_for(struct transfer *transfer, struct flight *flight, int64_t deadline_ms)
{
	transfer->flight = flight;
	join(transfer, &flight->waiters);
	if (deadline_ms <= 0) {
		flight->deadline_ms = 0;
		return;
	}
	if (flight->deadline_ms > 0 && deadline_ms > flight->deadline_ms)
		flight->deadline_ms = deadline_ms;
	transfer->deadline.fn = deadline_passed;
	transfer->deadline.data = transfer;
	loop_timer_set(transfer->egress->loop, &transfer->deadline, deadline_ms - clock_ms());
}

/* ---- submitting ------------------------------------------------------------------------------ */

bool
transfer_reuses(const struct transfer *transfer)
{
	return transfer->reuses;
}

int64_t
transfer_age_ms(const struct transfer *transfer)
{
	return transfer->since_ms > 0 ? clock_ms() - transfer->since_ms : 0;
}

static unsigned *
changes_of(const struct egress *egress, const struct request *request)
{
	const size_t i = (size_t)(request->upstream - egress->config->upstream);

	CHECK(i < egress->config->upstreams);
	return &egress->changes[i];
}

/* All cached replies of one upstream, with each credential: their keys begin with its name. */
static void
forget_upstream(struct egress *egress, const char *role)
{
	char *prefix = xprintf("%s ", role);

	cache_forget(egress->cache, prefix);
	free(prefix);
}

void
egress_changed(struct flight *flight)
{
	const struct request *request = &flight->request;

	/* the class SAFE means a read, even with POST */
	if (flight->changed || flight->attempts == 0 || request->grant || request->document ||
	    request->link || request->retry == MCP_RETRY_SAFE ||
	    strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0)
		return;
	flight->changed = true;
	++*changes_of(flight->egress, request);
	forget_upstream(flight->egress, request->upstream->role);
}

void
egress_remember(struct flight *flight)
{
	struct egress *egress = flight->egress;
	const struct request *request = &flight->request;
	const struct mcp_reply *reply = &flight->reply->public;

	if (request->grant || request->document)
		return;
	/* the credential is not valid any more, so what it could read is not given again */
	if (reply->status == 401)
		forget_upstream(egress, request->upstream->role);
	if (request->cache_ms == 0 || reply->error != MCP_OK || reply->status != 200 ||
	    flight->changes != *changes_of(egress, request))
		return;
	cache_put(egress->cache, request->key, flight->reply, request->cache_ms, clock_ms());
	if (!egress->sweeps)
		loop_timer_set(egress->loop, &egress->sweep, CACHE_SWEEP_MS);
	egress->sweeps = true;
}

static void
sweep_cache(struct loop_timer *timer)
{
	struct egress *egress = timer->data;

	egress->sweeps = cache_sweep(egress->cache, clock_ms());
	if (egress->sweeps)
		loop_timer_set(egress->loop, timer, CACHE_SWEEP_MS);
}

static struct flight *
find_equal(struct egress *egress, const struct request *request)
{
	const struct hash_link *link =
	    hash_find(&egress->shared, hash_of(NULL, request->key, strlen(request->key)));

	for (; link != NULL; link = hash_next(link)) {
		struct flight *flight = link->owner;

		if (flight->phase != FLIGHT_ENDS && flight->stop == STOP_NOT &&
		    flight->request.timeout_ms == request->timeout_ms &&
		    flight->changes == *changes_of(egress, request) &&
		    strcmp(flight->request.key, request->key) == 0)
			return flight;
	}
	return NULL;
}

static void
take_off(struct transfer *transfer, struct request *request, egress_sink_fn sink,
	 int64_t deadline_ms)
{
	struct flight *flight = flight_new(transfer->egress);

	flight->request = *request;
	if (!request->grant && !request->document)
		flight->changes = *changes_of(transfer->egress, request);
	flight_share(flight);
	flight->reply =
	    reply_new(request->reply == MCP_REPLY_BUFFER && request->max_bytes > EGRESS_ERROR_MAX
			  ? (size_t)request->max_bytes
			  : EGRESS_ERROR_MAX,
		      &transfer->egress->budget);
	flight->sink = sink;
	flight->sink_data = transfer->data;
	flight_take_files(flight);
	flight->deadline_ms = deadline_ms > 0 ? deadline_ms : 0;
	wait_for(transfer, flight, deadline_ms);
	flight_queue(flight); /* `done` must not be called before submit returns */
}

struct transfer *
egress_take_off(struct egress *egress, struct request *request, int64_t deadline_ms,
		egress_done_fn done, void *data)
{
	struct transfer *transfer = xcalloc(1, sizeof(*transfer));

	*transfer = (struct transfer){ .egress = egress, .done = done, .data = data };
	take_off(transfer, request, NULL, deadline_ms);
	return transfer;
}

struct transfer *
egress_submit(struct egress *egress, const struct egress_scope *scope,
	      const struct mcp_http *request, egress_sink_fn sink, egress_done_fn done, void *data)
{
	struct transfer *transfer = xcalloc(1, sizeof(*transfer));
	char why[EGRESS_WHY_MAX];
	struct request checked;
	struct reply *cached = NULL;
	struct flight *equal = NULL;
	enum mcp_status status;

	*transfer = (struct transfer){ .egress = egress, .done = done, .data = data };
	if (request->file_op != MCP_FILE_NONE) {
		join(transfer, &egress->tasks);
		file_task_start(transfer, request);
		return transfer;
	}
	status = request_init(&checked, egress, scope, request, why, sizeof(why));
	if (status == MCP_OK && scope->deadline_ms > 0 && scope->deadline_ms <= clock_ms()) {
		snprintf(why, sizeof(why), "the time of the call is over");
		status = MCP_E_TIMEOUT;
	}
	if (status == MCP_OK && !multi_open(egress, why, sizeof(why)))
		status = MCP_E_UNAVAILABLE;
	if (status != MCP_OK) {
		log_event(LOG_INFO, "upstream", "plugin", "s", scope->plugin, "tool", "s",
			  scope->tool, "method", "s", request->method, "path", "s",
			  request->url == NULL ? request->path : NULL, "refused", "s", why, NULL);
		request_fini(&checked);
		return give_later(transfer, reply_error(status, why));
	}
	if (checked.cache_ms > 0)
		cached = cache_find(egress->cache, checked.key, checked.cache_ms, clock_ms());
	if (cached == NULL && checked.single_flight)
		equal = find_equal(egress, &checked);
	if (cached == NULL && equal == NULL) {
		take_off(transfer, &checked, sink, scope->deadline_ms);
		return transfer;
	}
	metrics_reused(checked.upstream->role, cached != NULL);
	if (cached != NULL)
		transfer->since_ms = cache_since(egress->cache, checked.key);
	request_fini(&checked);
	transfer->reuses = true;
	if (cached != NULL)
		return give_later(transfer, reply_ref(cached));
	wait_for(transfer, equal, scope->deadline_ms);
	return transfer;
}

struct transfer *
egress_document(struct egress *egress, const struct config_upstream *from, const char *url,
		size_t max, egress_done_fn done, void *data)
{
	struct request request = { .upstream = from,
				   .document = true,
				   .retry = MCP_RETRY_SAFE,
				   .reply = MCP_REPLY_BUFFER,
				   .max_bytes = max,
				   .timeout_ms = from->timeout_ms };
	struct transfer *transfer;
	char why[EGRESS_WHY_MAX];

	if (!multi_open(egress, why, sizeof(why))) {
		transfer = xcalloc(1, sizeof(*transfer));
		*transfer = (struct transfer){ .egress = egress, .done = done, .data = data };
		return give_later(transfer, reply_error(MCP_E_UNAVAILABLE, why));
	}
	buf_init(&request.body, 0);
	request.plugin = xstrdup("lakehost");
	request.method = xstrdup("GET");
	request.accept = xstrdup("application/json");
	request.url = xstrdup(url);
	request.path = xstrdup(url);
	strings_add(&request.headers, "Accept: application/json");
	strings_add(&request.headers, "User-Agent: lakehost/" LAKEHOST_VERSION);
	return egress_take_off(egress, &request, clock_ms() + from->timeout_ms, done, data);
}

void
egress_cancel(struct transfer *transfer)
{
	struct reply *ready = transfer->ready;

	transfer->egress->n_pending -= ready != NULL;
	if (transfer->task != NULL)
		file_task_leave(transfer->task);
	flight_leave(transfer);
	reply_unref(ready);
	free(transfer);
}

void
transfer_resume(struct transfer *transfer)
{
	struct flight *flight = transfer->flight;

	if (flight == NULL || !flight->paused)
		return;
	flight->paused = false;
	if (flight->held)
		flight_queue(flight);
}

/* ---- creating and freeing
 * --------------------------------------------------------------------- */

struct egress *
egress_new(struct loop *loop, const struct config *config, struct pool *pool)
{
	struct egress *egress = xcalloc(1, sizeof(*egress));

	egress->loop = loop;
	egress->config = config;
	egress->pool = pool;
	egress->budget.cap = config->limits.replies;
	TAILQ_INIT(&egress->queue);
	secrets_mask_proxies();
	egress->job = (struct loop_job){ .fn = run_later, .data = egress };
	egress->sweep = (struct loop_timer){ .fn = sweep_cache, .data = egress };
	egress->changes = xcalloc(config->upstreams + 1, sizeof(*egress->changes));
	egress->cache = cache_new(CACHE_ENTRY_MAX, CACHE_TOTAL_MAX, CACHE_COUNT_MAX);
	egress->authorizer = xcalloc(config->upstreams + 1, sizeof(*egress->authorizer));
	egress->pace = xcalloc(config->upstreams + 1, sizeof(*egress->pace));
	egress->handles = xcalloc(config->upstreams + 1, sizeof(*egress->handles));
	for (size_t i = 0; i < config->upstreams; i++)
		pace_init(&egress->pace[i], &config->upstream[i]);
	users_init(&egress->users);
	for (size_t i = 0; i < config->upstreams; i++)
		authorizer_init(&egress->authorizer[i], egress, &config->upstream[i]);
	return egress;
}

bool
egress_hold(struct egress *egress, uint64_t bytes, char *why, size_t why_size)
{
	if (budget_take(&egress->budget, bytes))
		return true;
	budget_explain(&egress->budget, why, why_size);
	return false;
}

void
egress_release(struct egress *egress, uint64_t bytes)
{
	budget_give(&egress->budget, bytes);
}

void
egress_reload(struct egress *egress)
{
	for (size_t i = 0; i < egress->config->upstreams; i++)
		credential_reload(&egress->authorizer[i].credential);
	users_reload(&egress->users);
	cache_forget(egress->cache, ""); /* its keys may be those of former credentials */
}

void
egress_explain(const struct egress *egress, const char *role, struct strings *lines)
{
	for (size_t i = 0; i < egress->config->upstreams; i++) {
		if (strcmp(egress->config->upstream[i].role, role) == 0)
			credential_explain(&egress->authorizer[i].credential, lines);
	}
}

const char *
egress_http(const struct egress *egress, const char *role)
{
	unsigned version = 0;

	for (size_t i = 0; i < egress->config->upstreams; i++)
		if (strcmp(egress->config->upstream[i].role, role) == 0)
			version = egress->pace[i].version;
	return version >= 20 ? "HTTP/2" : version > 0 ? "HTTP/1.1" : "no HTTP";
}

bool
egress_idle(const struct egress *egress)
{
	for (size_t i = 0; i < egress->config->upstreams; i++)
		if (egress->authorizer[i].renewal != NULL || egress->authorizer[i].program != NULL)
			return false;
	if (!users_idle(&egress->users))
		return false;
	return egress->flights == NULL && egress->tasks == NULL && egress->pending == NULL &&
	       egress->abandoned == NULL && TAILQ_EMPTY(&egress->queue) && !egress->posted &&
	       egress->inside == 0;
}

void
egress_free(struct egress *egress)
{
	if (egress == NULL)
		return;
	for (struct flight *flight = egress->flights, *next; flight != NULL; flight = next) {
		next = flight->next;
		while (flight->waiters != NULL)
			free(transfer_pop(&flight->waiters));
		flight_drop(flight);
	}
	while (egress->pending != NULL) {
		struct transfer *transfer = transfer_pop(&egress->pending);

		reply_unref(transfer->ready);
		free(transfer);
	}
	while (egress->tasks != NULL) {
		struct transfer *transfer = transfer_pop(&egress->tasks);

		file_task_leave(transfer->task);
		free(transfer);
	}
	multi_close(egress);
	loop_timer_stop(egress->loop, &egress->sweep);
	cache_free(egress->cache);
	hash_fini(&egress->shared);
	/* otherwise a reply, or a copy of one, was never released */
	CHECK(egress->budget.used == 0);
	users_fini(&egress->users);
	for (size_t i = 0; i < egress->config->upstreams; i++)
		authorizer_fini(&egress->authorizer[i]);
	free(egress->authorizer);
	free(egress->pace);
	free(egress->changes);
	free(egress->handles);
	free(egress);
}

void
egress_load(const struct egress *egress, struct egress_load *load)
{
	*load = (struct egress_load){ .running = egress->running,
				      .held = egress->budget.used,
				      .limit = egress->budget.cap,
				      .cached = cache_count(egress->cache),
				      .cached_bytes = cache_bytes(egress->cache) };
}
