/* SPDX-License-Identifier: Apache-2.0 */
/* See egress_bench.h. */
#include "egress_bench.h"

#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "config/text.h"

/* `text` is taken. */
static struct bench *
bench_of(char *text)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	struct config_source source = { .name = "bench.conf" };
	const struct config_overrides overrides = { 0 };
	struct config_faults faults = { 0 };

	signal(SIGPIPE, SIG_IGN);
	setenv("HOME", "/nonexistent", 1);
	unsetenv("DATABRICKS_TOKEN");
	unsetenv("https_proxy");
	source.text = text;
	bench->config = config_from(&source, &overrides, &faults);
	for (size_t i = 0; i < faults.count; i++)
		printf("\n    %s\n", faults.line[i]);
	if (bench->config == NULL)
		exit(EXIT_FAILURE);
	free(text);
	bench->loop = loop_new();
	bench->egress = egress_new(bench->loop, bench->config);
	bench->scope = (struct egress_scope){ .plugin = "test",
					      .permissions = &bench->permissions,
					      .tool = "test_tool",
					      .principal = "local" };
	bench_permit(bench, "GET /api/*");
	bench_permit(bench, "POST /api/*");
	bench_permit(bench, "PUT /api/*");
	bench_permit(bench, "DELETE /api/*");
	bench_permit(bench, "HEAD /api/*");
	bench_permit(bench, "GET link");
	return bench;
}

struct bench *
bench_new_at(const char *host, const char *workspace, const char *plugins)
{
	return bench_of(xprintf("upstreams = { workspace = { host = \"%s\"; "
				"token = \"dapi-secret\"; %s }; }; plugins = { %s };",
				host, workspace, plugins));
}

struct bench *
bench_new_generic(const char *path, const char *auth)
{
	struct upstream *upstream = upstream_start(NULL);
	const char *url = upstream_url(upstream), *mark = strstr(auth, "URL");
	struct bench *bench;

	bench = bench_of(xprintf("upstreams = { workspace = { kind = \"generic\"; url = \"%s%s\"; "
				 "max_retries = 0; auth = { %.*s%s%s }; }; };",
				 url, path, mark != NULL ? (int)(mark - auth) : (int)strlen(auth),
				 auth, mark != NULL ? url : "", mark != NULL ? mark + 3 : ""));
	bench->upstream = upstream;
	return bench;
}

struct bench *
bench_new(const char *workspace, const char *plugins)
{
	struct upstream *upstream = upstream_start(NULL);
	struct bench *bench = bench_new_at(upstream_url(upstream), workspace, plugins);

	bench->upstream = upstream;
	return bench;
}

struct bench *
bench_new_tls(const char *ca_file, const char *workspace)
{
	struct upstream *upstream = upstream_start(ca_file);
	struct bench *bench = bench_new_at(upstream_url(upstream), workspace, "");

	bench->upstream = upstream;
	return bench;
}

void
bench_free(struct bench *bench)
{
	egress_free(bench->egress);
	if (bench->upstream != NULL)
		upstream_stop(bench->upstream);
	loop_free(bench->loop);
	config_free(bench->config);
	strings_fini(&bench->permissions);
	free(bench);
}

void
bench_permit(struct bench *bench, const char *permission)
{
	strings_add(&bench->permissions, permission);
}

struct mcp_http
get(const char *path)
{
	return (struct mcp_http){ .size = sizeof(struct mcp_http),
				  .method = "GET",
				  .path = path,
				  .retry = MCP_RETRY_SAFE };
}

struct mcp_http
post(const char *path, const struct mcp_piece *body)
{
	return (struct mcp_http){ .size = sizeof(struct mcp_http),
				  .method = "POST",
				  .path = path,
				  .body = body,
				  .n_body = body != NULL,
				  .retry = MCP_RETRY_NEVER };
}

static char *
join_headers(const struct mcp_reply *reply)
{
	struct buf out;

	buf_init(&out, 1u << 20);
	for (size_t i = 0; i < reply->n_headers; i++)
		buf_printf(&out, "%s: %s\n", reply->headers[i].name, reply->headers[i].value);
	return buf_take(&out, NULL);
}

static void
on_done(void *data, const struct mcp_reply *reply)
{
	struct got *got = data;

	CU_ASSERT(!got->done);
	CU_ASSERT(loop_inside(got->bench->loop));
	got->done = true;
	got->reply = *reply;
	got->body = xmalloc(reply->body.len + 1);
	memcpy(got->body, reply->body.data, reply->body.len);
	got->body[reply->body.len] = '\0';
	got->why = xstrdup(reply->why);
	got->request_id = xstrdup(reply->request_id);
	got->headers = join_headers(reply);
	CU_ASSERT(strstr(got->why, "dapi-secret") == NULL);
	if (--got->bench->waiting == 0)
		loop_stop(got->bench->loop);
}

static int
on_sink(void *data, const char *bytes, size_t len)
{
	struct got *got = data;

	return got->sink(got->sink_data, bytes, len);
}

struct transfer *
bench_submit(struct bench *bench, const struct mcp_http *http, struct got *got)
{
	struct transfer *transfer;

	got->bench = bench;
	bench->waiting++;
	transfer = egress_submit(bench->egress, &bench->scope, http,
				 got->sink != NULL ? on_sink : NULL, on_done, got);
	CU_ASSERT(!got->done); /* later, not now */
	return transfer;
}

void
bench_run(struct bench *bench)
{
	if (bench->waiting > 0)
		loop_run(bench->loop, 0);
	CU_ASSERT(bench->waiting == 0);
}

void
bench_fetch(struct bench *bench, const struct mcp_http *http, struct got *got)
{
	bench_submit(bench, http, got);
	bench_run(bench);
	CU_ASSERT_FATAL(got->done);
}

void
got_fini(struct got *got)
{
	free(got->body);
	free(got->why);
	free(got->request_id);
	free(got->headers);
	*got = (struct got){ 0 };
}

struct until {
	struct loop_timer timer;
	struct bench *bench;
	bool (*enough)(void *data);
	void *data;
};

static void
look(struct loop_timer *timer)
{
	struct until *until = timer->data;

	if (until->enough(until->data))
		loop_stop(until->bench->loop);
	else
		loop_timer_set(until->bench->loop, timer, 1);
}

void
bench_until(struct bench *bench, bool (*enough)(void *data), void *data)
{
	struct until until = { .bench = bench, .enough = enough, .data = data };

	until.timer.fn = look;
	until.timer.data = &until;
	loop_timer_set(bench->loop, &until.timer, 1);
	bench->waiting++; /* so that only look() stops the loop */
	loop_run(bench->loop, 0);
	bench->waiting--;
}
