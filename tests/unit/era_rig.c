/* SPDX-License-Identifier: Apache-2.0 */
/* Implements era_rig.h. The plugin is in era_plugin.c. */
#include "era_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <CUnit/CUnit.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/seal.h"
#include "call/calls.h"
#include "base/pool.h"
#include "config/config.h"
#include "config/snapshot.h"
#include "era_plugin.h"
#include "policy/policy.h"
#include "registry/registry.h"
#include "transport/stdio.h"

#define SENT_MAX 2048
#define LINES_MAX 16

struct eras *rig_eras;
const char *rig_principal = "local";
size_t rig_page;
unsigned rig_ask_ms;
void (*rig_configure)(struct config *config);
bool rig_slow_cancelled;
size_t rig_eofs;
bool rig_no_stream;
int64_t rig_until_s;

static struct loop *loop;
static struct registry *registry;
static struct policy *policy;
static struct calls *calls;
static struct pool *pool;
static struct sealer *sealer;
static struct sent *sent_all[SENT_MAX];
static size_t sents;
static struct json_object *lines[LINES_MAX];
static size_t n_lines;
static char server_name[] = "rig", server_title[] = "A rig";
static char instructions[] = "Ask for echo.";
static struct config config;
static struct snapshot snapshot;
static struct strings policy_faults;

/* ---- the transport ------------------------------------------------------------------------- */

static struct sent *
sent_of(struct exchange *exchange)
{
	return (struct sent *)exchange;
}

static const char *
get_header(struct exchange *exchange, const char *name)
{
	struct sent *sent = sent_of(exchange);

	for (size_t i = 0; i < sent->headers; i++)
		if (strcasecmp(sent->header[i].name, name) == 0)
			return sent->header[i].value;
	return NULL;
}

static void
visit_headers(struct exchange *exchange, const char *prefix,
	      void (*fn)(void *data, const char *name, const char *value), void *data)
{
	struct sent *sent = sent_of(exchange);

	for (size_t i = 0; i < sent->headers; i++)
		if (strncasecmp(sent->header[i].name, prefix, strlen(prefix)) == 0)
			fn(data, sent->header[i].name, sent->header[i].value);
}

/* Asserts that every answer is JSON that the gate accepts. */
static struct json_object *
parsed(const char *json, size_t len)
{
	const char *why = NULL;
	struct json_object *tree = json_parse(json, len, &json_upstream, &why, NULL);

	if (tree == NULL) {
		fprintf(stderr, "not JSON (%s): %.*s\n", why, (int)len, json);
		abort();
	}
	return tree;
}

static bool
notify(struct exchange *exchange, const char *json, size_t len)
{
	struct sent *sent = sent_of(exchange);

	if (sent->finished)
		abort(); /* after the answer */
	if (sent->no_stream || exchange->closed || sent->notes == SENT_NOTES)
		return false;
	sent->streaming = true;
	sent->note[sent->notes++] = parsed(json, len);
	if (sent->notes == sent->wanted)
		loop_stop(loop);
	return true;
}

static bool
stream(struct exchange *exchange)
{
	struct sent *sent = sent_of(exchange);

	sent->streaming = !sent->no_stream && !exchange->closed;
	return sent->streaming;
}

static void
finish(struct exchange *exchange, int status, const struct exchange_header *headers, size_t n,
       const char *json, size_t len)
{
	struct sent *sent = sent_of(exchange);

	if (sent->finished)
		abort(); /* twice */
	sent->finished = true;
	sent->status = sent->streaming && exchange->http ? 200 : status;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(headers[i].name, "Mcp-Session-Id") == 0)
			snprintf(sent->session, sizeof(sent->session), "%s", headers[i].value);
		if (strcmp(headers[i].name, "Allow") == 0)
			snprintf(sent->allow, sizeof(sent->allow), "%s", headers[i].value);
	}
	if (json != NULL)
		sent->answer = parsed(json, len);
	loop_stop(loop);
}

static bool
event(struct exchange *exchange, const char *id, const char *json, size_t len)
{
	struct sent *sent = sent_of(exchange);

	if (json == NULL) {
		sent->primed = id != NULL;
		snprintf(sent->event_id, sizeof(sent->event_id), "%s", id != NULL ? id : "");
		return true;
	}
	if (!notify(exchange, json, len))
		return false;
	snprintf(sent->event_id, sizeof(sent->event_id), "%s", id);
	return true;
}

static const struct exchange_ops ops = { .header = get_header,
					 .headers = visit_headers,
					 .notify = notify,
					 .event = event,
					 .stream = stream,
					 .finish = finish };

static void
stdio_said(void *data, const char *json, size_t len)
{
	(void)data;
	if (n_lines < LINES_MAX)
		lines[n_lines++] = parsed(json, len);
}

static struct sent *
deliver(bool http, const char *const *headers, const char *json)
{
	const struct receiver *receiver = eras_receiver(rig_eras);
	struct sent *sent = xcalloc(1, sizeof(*sent));

	if (sents == SENT_MAX)
		abort();
	sent_all[sents++] = sent;
	sent->exchange.ops = &ops;
	sent->exchange.http = http;
	sent->exchange.takes_json = true;
	sent->no_stream = rig_no_stream;
	sent->exchange.principal.until_s = rig_until_s;
	snprintf(sent->exchange.principal.name, PRINCIPAL_NAME_MAX, "%s", rig_principal);
	sent->exchange.principal.access = config.access;
	for (; headers != NULL && headers[0] != NULL; headers += 2) {
		sent->header[sent->headers++] =
		    (struct exchange_header){ xstrdup(headers[0]), xstrdup(headers[1]) };
		/* reads the message approximately as the transport does */
		if (strcmp(headers[0], "Accept") == 0)
			sent->exchange.takes_json = strstr(headers[1], "json") != NULL;
	}
	if (json != NULL)
		receiver->message(receiver->data, &sent->exchange, json, strlen(json));
	else
		receiver->other(receiver->data, &sent->exchange, "GET");
	return sent;
}

struct sent *
send_http(const char *const *headers, const char *json)
{
	return deliver(true, headers, json);
}

struct sent *
send_stdio(const char *json)
{
	return deliver(false, NULL, json);
}

struct sent *
call_capable(const char *method, const char *name, const char *params, const char *capabilities)
{
	const char *headers[8] = {
		"MCP-Protocol-Version",		  "2026-07-28", "Mcp-Method", method,
		name != NULL ? "Mcp-Name" : NULL, name,		NULL
	};
	struct sent *sent;
	struct buf json;

	buf_init(&json, 8u << 20);
	buf_printf(&json,
		   "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":{" CAPABLE_META(
		       "%s") "%s%s}}",
		   method, capabilities, params[0] != '\0' ? "," : "", params);
	sent = deliver(true, headers, json.data);
	buf_fini(&json);
	return sent;
}

struct sent *
call_modern(const char *method, const char *name, const char *params)
{
	return call_capable(method, name, params, "{}");
}

struct sent *
rig_wait(struct sent *sent)
{
	while (!sent->finished)
		loop_run(loop, 0);
	return sent;
}

void
rig_wait_notes(struct sent *sent, size_t notes)
{
	sent->wanted = notes;
	while (sent->notes < notes && !sent->finished)
		loop_run(loop, 0);
}

static void
stop_idling(struct loop_timer *timer)
{
	*(bool *)timer->data = true;
	loop_stop(loop);
}

void
rig_rounds(int ms)
{
	bool over = false;
	struct loop_timer timer = { .fn = stop_idling, .data = &over };

	loop_timer_set(loop, &timer, ms);
	while (!over)
		loop_run(loop, 0);
}

void
rig_idle(void)
{
	rig_rounds(30);
}

void
rig_until(const bool *condition)
{
	while (!*condition)
		rig_idle();
}

void
rig_close(struct sent *sent)
{
	sent->exchange.closed = true;
	if (sent->exchange.on_close != NULL)
		sent->exchange.on_close(&sent->exchange);
}

struct json_object *
rig_line(size_t i)
{
	return i < n_lines ? lines[i] : NULL;
}

/* ---- the host ------------------------------------------------------------------------------ */

static void
refused(void *data, size_t source, const char *why)
{
	(void)data;
	(void)source;
	fprintf(stderr, "the rig's plugin was refused: %s\n", why);
	abort();
}

static void
input_ended(void *data)
{
	(void)data;
	rig_eofs++;
}

static void
configure(void)
{
	config = (struct config){ .access = ACCESS_WRITE };
	config.server.name = server_name;
	config.server.title = server_title;
	config.server.instructions = instructions;
	config.server.max_connections = RIG_CONNECTIONS;
	config.limits.drain_ms = 60000;
	config.limits.body = LIMIT_BODY;
	config.limits.depth = LIMIT_DEPTH;
	config.limits.steps = LIMIT_STEPS;
	config.limits.suspended = LIMIT_SUSPENDED;
	config.limits.call_ms = LIMIT_CALL_MS;
	config.results.rows = LIMIT_RESULT_ROWS;
	config.results.text = LIMIT_RESULT_TEXT;
	config.results.cell = LIMIT_CELL;
}

/* A prompt that is only text, as in an operator's file. */
static const char text_prompt[] =
    "{\"prompts\":[{\"name\":\"note\",\"description\":\"Notes\","
    "\"arguments\":[{\"name\":\"what\",\"required\":true},{\"name\":\"how\"}],"
    "\"lakehost\":{\"messages\":["
    "{\"role\":\"user\",\"text\":\"Note {{what}}{{how}}: {{what}} {{ } {{\"},"
    "{\"role\":\"assistant\",\"text\":\"Noted.\"}]}}]}";

static void
parts_start(void)
{
	struct json_object *prompts =
	    json_parse(text_prompt, strlen(text_prompt), &json_inbound, NULL, NULL);
	struct registry_source sources[] = {
		{ .provider = era_plugin(),
		  .plugin_name = "rig",
		  .manifest = era_plugin_manifest(),
		  .name_length = 64 },
		{ .plugin_name = "prompts", .manifest = prompts, .text = true }
	};

	registry = registry_new(sources, 2, refused, NULL);
	json_object_put(prompts);
	if (rig_configure != NULL)
		rig_configure(&config);
	policy = policy_new(&config, registry, &policy_faults);
	if (policy == NULL)
		abort();
	loop = loop_new();
	pool = pool_new(loop, 2, 4);
	snapshot = (struct snapshot){ .config = &config, .registry = registry, .policy = policy };
	calls = calls_new(loop, &snapshot);
	calls_use_pool(calls, pool);
	rig_eras = eras_new(&(struct eras_parts){ .loop = loop,
						  .snapshot = &snapshot,
						  .calls = calls,
						  .pool = pool,
						  .sealer = sealer,
						  .page = rig_page,
						  .watch_ms = 20,
						  .ask_ms = rig_ask_ms });
	eras_set_stdio(rig_eras, stdio_said, NULL);
	eras_on_eof(rig_eras, input_ended, NULL);
}

static void
parts_stop(void)
{
	eras_quiesce(rig_eras);
	eras_free(rig_eras);
	calls_free(calls);
	pool_free(pool);
	policy_free(policy);
	registry_free(registry);
	loop_free(loop);
}

void
rig_start(void)
{
	static const unsigned char key[SEAL_KEY_LEN] = "a key that is known to everybody";

	log_init(LOG_ERROR, true);
	configure();
	rig_principal = "local";
	rig_slow_cancelled = false;
	rig_eofs = 0;
	sealer = sealer_new(key, 1);
	parts_start();
}

void
rig_restart(void)
{
	parts_stop();
	parts_start();
}

void
rig_stop(void)
{
	parts_stop();
	sealer_free(sealer);
	for (size_t i = 0; i < sents; i++) {
		struct sent *sent = sent_all[i];

		for (size_t k = 0; k < sent->headers; k++) {
			free((char *)(uintptr_t)sent->header[k].name);
			free((char *)(uintptr_t)sent->header[k].value);
		}
		for (size_t k = 0; k < sent->notes; k++)
			json_object_put(sent->note[k]);
		json_object_put(sent->answer);
		free(sent);
	}
	for (size_t i = 0; i < n_lines; i++)
		json_object_put(lines[i]);
	sents = n_lines = 0;
	rig_page = 0;
	rig_ask_ms = 0;
	rig_configure = NULL;
}

/* ---- paths --------------------------------------------------------------------------------- */

struct json_object *
at(struct json_object *tree, const char *path)
{
	char name[128];

	while (tree != NULL && *path != '\0') {
		bool quoted = *path == '\'';
		size_t len = strcspn(path + quoted, quoted ? "'" : ".");

		snprintf(name, sizeof(name), "%.*s", (int)len, path + quoted);
		path += len + (quoted ? 2 : 0);
		path += *path == '.';
		if (json_object_is_type(tree, json_type_array))
			tree = json_object_array_get_idx(tree, (size_t)atoi(name));
		else
			tree = json_get(tree, name);
	}
	return tree;
}

const char *
text_at(struct json_object *tree, const char *path)
{
	struct json_object *value = at(tree, path);

	return value == NULL ? NULL : json_object_get_string(value);
}

int
int_at(struct json_object *tree, const char *path)
{
	struct json_object *value = at(tree, path);

	return value == NULL ? 0 : json_object_get_int(value);
}

void
expect_refused(struct sent *sent, int status, int code)
{
	CU_ASSERT_EQUAL(sent->finished, 1);
	CU_ASSERT_EQUAL(sent->status, status);
	CU_ASSERT_EQUAL(int_at(sent->answer, "error.code"), code);
	CU_ASSERT(at(sent->answer, "result") == NULL);
}
