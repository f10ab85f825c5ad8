/* SPDX-License-Identifier: Apache-2.0 */
#include "call/report.h"

#include "audit/audit.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "call/call.h"
#include "call/state.h"
#include "config/config.h"
#include "config/snapshot.h"
#include "metrics/trace.h"
#include "registry/provider.h"

void
call_report_row(struct audit_event *event, const struct row *row, struct buf *redact)
{
	const struct row *tool = row->tool != NULL ? row->tool : row;
	struct json_object *names = json_arr(tool->meta, "redact");

	event->tool = row->name;
	event->access = row->by_sql ? "by-sql" : access_name(row->access);
	if (row->provider != NULL)
		event->plugin = row->provider->name;
	for (size_t i = 0; names != NULL && i < json_object_array_length(names); i++) {
		buf_puts(redact, i > 0 ? " " : "");
		buf_puts(redact, json_object_get_string(json_object_array_get_idx(names, i)));
	}
	event->redact = redact->len > 0 ? redact->data : NULL;
}

char *
call_trace(struct call *call, const char *traceparent)
{
	char text[TRACE_PARENT_LEN + 1];

	if (!traces_on())
		return traceparent != NULL ? xstrdup(traceparent) : NULL;
	trace_begin(&call->state->trace, traceparent);
	trace_parent(&call->state->trace, text);
	return xstrdup(text);
}

static void
add_span(const struct call *call)
{
	const struct result *result = &call->state->result;
	const struct trace_attribute attributes[] = {
		{ "mcp.tool.name", call->row->name, 0 },
		{ "lakehost.plugin", call->row->provider->name, 0 },
		{ "lakehost.call", call->id, 0 },
		{ "enduser.id", call->principal.name, 0 },
		{ "lakehost.status", result->failed ? status_name(result->status) : "ok", 0 },
		{ "lakehost.rows", NULL, result->rows > 0 ? (int64_t)result->rows : -1 },
	};

	traces_add(&(struct trace_span){ .place = &call->state->trace,
					 .name = call->row->name,
					 .kind = TRACE_SERVER,
					 .us = clock_us() - call->started_us,
					 .failed = result->failed,
					 .attribute = attributes,
					 .attributes = ARRAY_SIZE(attributes) });
}

/* How the requests of the call get the credential of its principal; NULL: they have that of the
 * host. */
static const char *
behalf_word(const struct call *call)
{
	const struct config *config = call->snapshot->config;
	const struct config_upstream *upstream = config->behalf && call->upstream != NULL
						   ? config_upstream(config, call->upstream)
						   : NULL;

	if (upstream == NULL || upstream->behalf == BEHALF_NONE)
		return NULL;
	return upstream->behalf == BEHALF_EXCHANGE ? "exchange" : "forwarded";
}

void
call_report_begin(struct call *call, const struct audit_event *who, const struct buf *arguments)
{
	struct audit_event event = AUDIT_EVENT(AUDIT_DECISION);
	struct buf redact;

	if (!audit_on())
		return;
	if (who != NULL)
		event = *who;
	buf_init(&redact, LIMIT_HANDLE);
	event.type = AUDIT_DECISION;
	event.call = call->id;
	event.principal = call->principal.name;
	event.verdict = "allow";
	event.rule = call->verdict.rule;
	event.arguments = arguments->data;
	event.arguments_len = arguments->len;
	call_report_row(&event, call->row, &redact);
	event.workspace = call->upstream;
	event.on_behalf_of = behalf_word(call);
	call->audited = audit_report(&event);
	buf_fini(&redact);
}

void
call_report_reply(struct call *call, const struct mcp_reply *reply, bool reused)
{
	struct buf *ids = &call->state->requests;

	call->state->reused += reused;
	if (!audit_on() || reply->request_id == NULL || *reply->request_id == '\0')
		return;
	if (ids->len > 0)
		buf_putc(ids, ' ');
	buf_puts(ids, reply->request_id);
}

void
call_report_end(struct call *call)
{
	const struct result *result = &call->state->result;
	struct audit_event event = AUDIT_EVENT(AUDIT_CALL);

	if (traces_on())
		add_span(call);
	if (!audit_on())
		return;
	event.call = call->id;
	event.principal = call->principal.name;
	event.tool = call->row->name;
	event.plugin = call->row->provider->name;
	event.workspace = call->upstream;
	event.on_behalf_of = behalf_word(call);
	event.access = call->row->by_sql ? "by-sql" : access_name(call->row->access);
	event.status = result->failed ? status_name(result->status) : "ok";
	event.why = result->failed ? result->what : NULL;
	event.requests = call->state->requests.len > 0 ? call->state->requests.data : NULL;
	event.rows = result->rows > 0 ? (int64_t)result->rows : -1;
	event.reused = call->state->reused > 0 ? (int64_t)call->state->reused : -1;
	event.bytes = (int64_t)(result->text_len + result->blob_len);
	event.ms = (clock_us() - call->started_us) / 1000;
	call->audited = audit_report(&event);
}
