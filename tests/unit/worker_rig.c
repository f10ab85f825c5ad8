/* SPDX-License-Identifier: Apache-2.0 */
/* See worker_rig.h. */
#include "worker_rig.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/pool.h"
#include "worker/worker.h"
#include "registry/schema.h"
#include "upstream/databricks/databricks.h"
#include "upstream/databricks/method.h"

#define TRANSCRIPT_MAX (16u << 20)

struct caller {
	struct worker_rig *rig;
	const struct use *use;
	struct buf *transcript;
	struct call *call;
	size_t round;
	struct loop_timer cancel;
	size_t *running;
};

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "rig: %s\n", what);
	abort();
}

/* ---- the upstream --------------------------------------------------------------------------- */

static void
write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

/* Serves GET /bytes?N with N bytes; any other path is answered with the path itself. */
static void
answer(int fd, const char *path)
{
	char head[128], piece[4096];
	size_t len = strncmp(path, "/bytes?", 7) == 0 ? strtoul(path + 7, NULL, 10) : strlen(path);
	int n = snprintf(head, sizeof(head),
			 "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n"
			 "X-Request-Id: r1\r\n\r\n",
			 len);

	write_all(fd, head, (size_t)n);
	memset(piece, 'x', sizeof(piece));
	if (strncmp(path, "/bytes?", 7) != 0) {
		write_all(fd, path, len);
		return;
	}
	for (; len > 0; len -= len < sizeof(piece) ? len : sizeof(piece))
		write_all(fd, piece, len < sizeof(piece) ? len : sizeof(piece));
}

static void *
serve(void *data)
{
	const struct worker_rig *rig = data;
	int fd;

	while ((fd = accept4(rig->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		char request[8192], path[1024];
		size_t len = 0;
		ssize_t n = 1;

		request[0] = '\0';
		while (n > 0 && strstr(request, "\r\n\r\n") == NULL && len + 1 < sizeof(request)) {
			n = recv(fd, request + len, sizeof(request) - len - 1, 0);
			len += n > 0 ? (size_t)n : 0;
			request[len] = '\0';
		}
		if (sscanf(request, "GET %1023s ", path) == 1)
			answer(fd, path);
		shutdown(fd, SHUT_WR);
		while (recv(fd, request, sizeof(request), 0) > 0)
			;
		close(fd);
	}
	return NULL;
}

static void
upstream_open(struct worker_rig *rig)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	static struct databricks own;

	own.candidate[0] = databricks_methods[0]; /* pat */
	own.candidates = 1;
	rig->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(rig->listener >= 0 &&
		 bind(rig->listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		 listen(rig->listener, 64) == 0 &&
		 getsockname(rig->listener, (struct sockaddr *)&address, &len) == 0,
	     "no upstream");
	must(pthread_create(&rig->server, NULL, serve, rig) == 0, "no thread");
	rig->upstream = (struct config_upstream){
		.role = xstrdup("workspace"),
		.url = xprintf("http://127.0.0.1:%d", ntohs(address.sin_port)),
		.auth_type = xstrdup("pat"),
		.auth_why = xstrdup("the test"),
		.kind = &upstream_databricks,
		.own = &own,
		.secret = xstrdup("dapi-of-the-test"),
		.timeout_ms = 10000,
		.connect_timeout_ms = 5000,
		.max_connections = 8,
		.max_reply = LIMIT_REPLY,
	};
	rig->config.upstream = &rig->upstream;
	rig->config.upstreams = 1;
}

static void
upstream_close(struct worker_rig *rig)
{
	shutdown(rig->listener, SHUT_RDWR);
	pthread_join(rig->server, NULL);
	close(rig->listener);
	free(rig->upstream.role);
	free(rig->upstream.url);
	free(rig->upstream.auth_type);
	free(rig->upstream.auth_why);
	free(rig->upstream.secret);
}

/* ---- the host ------------------------------------------------------------------------------- */

static void
changed(void *data, const char *what, const char *uri)
{
	struct worker_rig *rig = data;

	buf_printf(&rig->heard, "%s ", what != NULL ? what : uri);
	rig->changed = what != NULL && strcmp(what, "tools") == 0 ? "tools"
		     : what != NULL				  ? "prompts"
		     : uri != NULL				  ? "resource"
								  : NULL;
}

static void
configure(struct worker_rig *rig, const char *plugin, enum isolation isolation, const char *options)
{
	struct config *config = &rig->config;

	config->plugins.directories = (struct strings){ &rig->directory, 1 };
	config->plugins.plugin = &rig->plugin;
	config->plugins.count = 1;
	config->plugins.name_length = 64;
	config->access = ACCESS_ADMIN;
	config->limits.call_ms = LIMIT_CALL_MS;
	config->limits.steps = LIMIT_STEPS;
	config->limits.replies = LIMIT_REPLIES;
	config->limits.suspended = LIMIT_SUSPENDED;
	config->results.rows = LIMIT_RESULT_ROWS;
	config->results.text = LIMIT_RESULT_TEXT;
	config->results.cell = LIMIT_CELL;
	rig->plugin = (struct config_plugin){ .name = xstrdup(plugin),
					      .where = xstrdup("test.conf:1"),
					      .isolation = isolation,
					      .options = options ? xstrdup(options) : NULL };
	strcpy(rig->principal.name, "local");
	rig->principal.access = ACCESS_ADMIN;
}

void
rig_open(struct worker_rig *rig, const char *folder, const char *plugin, enum isolation isolation,
	 const char *options)
{
	struct plugin_status status;
	bool critical;

	memset(rig, 0, sizeof(*rig));
	log_init(LOG_ERROR, true);
	buf_init_keeping(&rig->heard, TRANSCRIPT_MAX);
	worker_set_program(WORKER);
	rig->directory = xprintf("%s/%s", PLUGINS, folder);
	configure(rig, plugin, isolation, options);
	upstream_open(rig);
	rig->loop = loop_new();
	rig->pool = pool_new(rig->loop, 1, 4);
	rig->plugins = plugins_load(&rig->config, rig->loop, NULL, false, &critical);
	plugins_status(rig->plugins, 0, &status);
	must(status.refusal == PLUGIN_OK, status.why);
	plugins_on_change(rig->plugins, changed, rig);
	rig->egress = egress_new(rig->loop, &rig->config, rig->pool);
	rig->snapshot = (struct snapshot){ .config = &rig->config, .egress = rig->egress };
	rig->calls = calls_new(rig->loop, &rig->snapshot);
	calls_use_pool(rig->calls, rig->pool);
}

void
rig_close(struct worker_rig *rig)
{
	calls_free(rig->calls);
	egress_free(rig->egress);
	pool_free(rig->pool);
	plugins_free(rig->plugins, NULL);
	loop_free(rig->loop);
	upstream_close(rig);
	buf_fini(&rig->heard);
	free(rig->plugin.name);
	free(rig->plugin.where);
	free(rig->plugin.options);
	free(rig->directory);
}

/* ---- one call ------------------------------------------------------------------------------- */

static void
on_progress(struct call *call, double done, double total, const char *message)
{
	struct caller *caller = call->owner;

	if (caller->use->cancel_at_progress)
		loop_timer_set(caller->rig->loop, &caller->cancel, 0);
	buf_printf(caller->transcript, "progress %g of %g %s\n", done, total,
		   message != NULL ? message : "-");
}

static void
on_client_log(struct call *call, enum mcp_level level, const char *logger, const char *json,
	      size_t len)
{
	const struct caller *caller = call->owner;

	buf_printf(caller->transcript, "log %d %s %.*s\n", level, logger != NULL ? logger : "-",
		   (int)len, json);
}

static void
finish(struct caller *caller)
{
	loop_timer_stop(caller->rig->loop, &caller->cancel);
	call_free(caller->call);
	if (--*caller->running == 0 && caller->rig->inside)
		loop_stop(caller->rig->loop);
}

static void
on_ask(struct call *call)
{
	struct caller *caller = call->owner;
	const struct use *use = caller->use;
	const struct outcome *outcome = call->outcome;

	for (size_t i = 0; i < outcome->questions; i++)
		buf_printf(caller->transcript, "ask %s %s %s\n", outcome->question[i].key,
			   outcome->question[i].method, outcome->question[i].params);
	if (use->answers != NULL && use->answers[caller->round] != NULL)
		call_answer(call, use->answers[caller->round++]);
	else
		finish(caller);
}

static void
on_done(struct call *call)
{
	struct caller *caller = call->owner;

	if (call->outcome != NULL)
		buf_printf(caller->transcript, "goes on: %.*s %d%%\n",
			   (int)call->outcome->handle_len, (const char *)call->outcome->handle,
			   call->outcome->percent);
	result_write(call->result, caller->transcript);
	buf_putc(caller->transcript, '\n');
	finish(caller);
}

static const struct call_events events = {
	.progress = on_progress,
	.client_log = on_client_log,
	.ask = on_ask,
	.done = on_done,
};

static void
on_cancel(struct loop_timer *timer)
{
	struct caller *caller = timer->data;

	call_cancel(caller->call);
}

static const struct row *
find_row(const struct worker_rig *rig, const struct use *use, struct json_object **arguments)
{
	const struct registry *registry = plugins_registry(rig->plugins);
	const struct row *row = NULL, *target;
	char ref[256], argument[64];

	switch (use->kind) {
	case ROW_TOOL: return registry_tool(registry, use->name, row_view_of(ACCESS_ADMIN));
	case ROW_PROMPT: return registry_prompt(registry, use->name, row_view_of(ACCESS_ADMIN));
	case ROW_COMPLETION:
		must(sscanf(use->name, "%255s %63s", ref, argument) == 2, use->name);
		registry_completion(registry, strstr(ref, "://") == NULL, ref, argument,
				    row_view_of(ACCESS_ADMIN), &target, &row);
		return row;
	default:
		json_object_put(*arguments);
		*arguments = NULL;
		return registry_resource(registry, use->name, row_view_of(ACCESS_ADMIN), arguments);
	}
}

static void
start(struct caller *caller)
{
	const struct use *use = caller->use;
	struct json_object *arguments =
	    json_tokener_parse(use->arguments != NULL ? use->arguments : "{}");
	const struct row *row = find_row(caller->rig, use, &arguments);
	struct call_spec spec = {
		.row = row,
		.principal = &caller->rig->principal,
		.uri = use->kind == ROW_RESOURCE || use->kind == ROW_TEMPLATE ? use->name : NULL,
		.traceparent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
		.capabilities = use->capabilities != NULL
				  ? use->capabilities
				  : "{\"elicitation\":{},\"sampling\":{},\"roots\":{}}",
		.wants_progress = use->progress,
		.wait_ms = use->wait_ms,
		.events = &events,
		.owner = caller,
	};
	struct buf why;
	const char *refused = NULL;

	must(row != NULL, use->name);
	buf_init(&why, 512);
	if (row->input != NULL && !schema_prepare(row->input, arguments, NULL, &why))
		must(false, why.data);
	buf_fini(&why);
	spec.arguments = arguments;
	caller->call = call_new(caller->rig->calls, &spec, &refused);
	must(caller->call != NULL, refused != NULL ? refused : "no call");
	json_object_put(arguments);
	if (use->cancel_after_ms > 0)
		loop_timer_set(caller->rig->loop, &caller->cancel, use->cancel_after_ms);
	call_start(caller->call);
}

void
rig_calls(struct worker_rig *rig, const struct use *use, struct buf *transcript, size_t n)
{
	struct caller *caller = xcalloc(n, sizeof(*caller));
	size_t running = n;

	for (size_t i = 0; i < n; i++) {
		caller[i] = (struct caller){ .rig = rig,
					     .use = &use[i],
					     .transcript = &transcript[i],
					     .running = &running };
		caller[i].cancel = (struct loop_timer){ .fn = on_cancel, .data = &caller[i] };
		start(&caller[i]);
	}
	rig->inside = true;
	if (running > 0)
		loop_run(rig->loop, 0);
	rig->inside = false;
	free(caller);
}

void
rig_call(struct worker_rig *rig, const struct use *use, struct buf *transcript)
{
	rig_calls(rig, use, transcript, 1);
}

static void
on_waited(struct loop_timer *timer)
{
	struct worker_rig *rig = timer->data;

	loop_stop(rig->loop);
}

void
rig_wait(struct worker_rig *rig, unsigned ms)
{
	struct loop_timer timer = { .fn = on_waited, .data = rig };

	loop_timer_set(rig->loop, &timer, ms);
	loop_run(rig->loop, 0);
}

void
rig_expect(struct worker_rig *rig, const struct use *use, const char *part)
{
	struct buf transcript;

	buf_init(&transcript, TRANSCRIPT_MAX);
	rig_call(rig, use, &transcript);
	if (strstr(transcript.data, part) == NULL)
		printf("\n    \"%s\" should hold \"%s\"", transcript.data, part);
	CU_ASSERT(strstr(transcript.data, part) != NULL);
	buf_fini(&transcript);
}
