/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tracing.h"

#include <stdlib.h>
#include <string.h>

#include <lakehost/plugin.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "config/text.h"
#include "egress/egress.h"
#include "metrics/trace.h"

#define BATCH_SPANS 512 /* so many are sent at once … */
#define BATCH_MS 5000	/* … or what there is after this time */
#define LOOK_MS 500
#define POST_MS 10000 /* for one request, with its retries */

struct tracing {
	struct loop *loop;
	struct egress *egress;
	char *upstream;
	struct strings permissions;
	struct loop_timer timer;
	int64_t last_ms;
	struct transfer *sending;
	struct buf body;
	size_t spans;
	bool failing; /* was logged */
};

static void
on_sent(void *data, const struct mcp_reply *reply)
{
	struct tracing *tracing = data;
	bool taken = reply->error == MCP_OK && reply->status >= 200 && reply->status < 300;

	tracing->sending = NULL;
	buf_reset(&tracing->body);
	if (!taken)
		traces_drop(tracing->spans);
	if (!taken && !tracing->failing)
		log_event(LOG_WARNING, "traces-fail", "upstream", "s", tracing->upstream, "status",
			  "i", (int64_t)reply->status, "why", "s", reply->why, NULL);
	tracing->failing = !taken;
}

static void
send_batch(struct tracing *tracing)
{
	const struct egress_scope scope = { .plugin = "lakehost",
					    .permissions = &tracing->permissions,
					    .upstream = tracing->upstream,
					    .any_upstream = true,
					    .principal = "lakehost",
					    .deadline_ms = clock_ms() + POST_MS };
	struct mcp_piece piece = { .kind = MCP_PIECE_BYTES };
	struct mcp_http http = { .size = sizeof(http) };

	tracing->last_ms = clock_ms();
	tracing->spans = traces_take(&tracing->body);
	if (!buf_ok(&tracing->body)) {
		buf_reset(&tracing->body);
		traces_drop(tracing->spans);
		return;
	}
	http.upstream = tracing->upstream;
	http.method = "POST";
	http.path = "/v1/traces";
	http.retry = MCP_RETRY_SAFE;
	piece.text = (struct mcp_text){ tracing->body.data, tracing->body.len };
	http.body = &piece;
	http.n_body = 1;
	tracing->sending = egress_submit(tracing->egress, &scope, &http, NULL, on_sent, tracing);
}

static void
look(struct loop_timer *timer)
{
	struct tracing *tracing = timer->data;
	size_t waiting = traces_waiting();

	if (tracing->sending == NULL && waiting > 0 &&
	    (waiting >= BATCH_SPANS || clock_ms() - tracing->last_ms >= BATCH_MS))
		send_batch(tracing);
	loop_timer_set(tracing->loop, timer, LOOK_MS);
}

struct tracing *
tracing_new(struct loop *loop, struct egress *egress, const char *upstream)
{
	struct tracing *tracing;

	if (upstream == NULL)
		return NULL;
	tracing = xcalloc(1, sizeof(*tracing));
	tracing->loop = loop;
	tracing->egress = egress;
	tracing->upstream = xstrdup(upstream);
	strings_add(&tracing->permissions, "POST /v1/traces");
	buf_init(&tracing->body, 2 * TRACE_BYTES_MAX);
	tracing->timer = (struct loop_timer){ .fn = look, .data = tracing };
	tracing->last_ms = clock_ms();
	traces_start();
	loop_timer_set(loop, &tracing->timer, LOOK_MS);
	return tracing;
}

void
tracing_free(struct tracing *tracing)
{
	if (tracing == NULL)
		return;
	loop_timer_stop(tracing->loop, &tracing->timer);
	if (tracing->sending != NULL)
		egress_cancel(tracing->sending);
	traces_stop();
	strings_fini(&tracing->permissions);
	buf_fini(&tracing->body);
	free(tracing->upstream);
	free(tracing);
}

void
tracing_use(struct tracing **tracing, struct loop *loop, struct egress *egress,
	    const char *upstream)
{
	if (*tracing != NULL && upstream != NULL && strcmp((*tracing)->upstream, upstream) == 0) {
		(*tracing)->egress = egress;
	} else {
		tracing_free(*tracing);
		*tracing = tracing_new(loop, egress, upstream);
	}
}
