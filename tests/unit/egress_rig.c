/* SPDX-License-Identifier: Apache-2.0 */
/* See egress_rig.h. */
#include "egress_rig.h"

#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "config/text.h"
#include "upstream/upstream.h"

/* Takes ownership of `text`. */
static struct rig *
rig_of(char *text)
{
	struct rig *rig = xcalloc(1, sizeof(*rig));
	struct config_source source = { .name = "rig.conf" };
	const struct config_overrides overrides = { 0 };
	struct config_faults faults = { 0 };

	signal(SIGPIPE, SIG_IGN);
	setenv("HOME", "/nonexistent", 1);
	unsetenv("DATABRICKS_TOKEN");
	unsetenv("https_proxy");
	source.text = text;
	rig->config = config_from(&source, &overrides, upstream_load, &faults);
	for (size_t i = 0; i < faults.count; i++)
		printf("\n    %s\n", faults.line[i]);
	if (rig->config == NULL)
		exit(EXIT_FAILURE);
	free(text);
	rig->loop = loop_new();
	rig->pool = pool_new(rig->loop, 1, 4);
	rig->egress = egress_new(rig->loop, rig->config, rig->pool);
	rig->scope = (struct egress_scope){ .plugin = "test",
					    .permissions = &rig->permissions,
					    .tool = "test_tool",
					    .principal = "local" };
	rig_permit(rig, "GET /api/*");
	rig_permit(rig, "POST /api/*");
	rig_permit(rig, "PUT /api/*");
	rig_permit(rig, "DELETE /api/*");
	rig_permit(rig, "HEAD /api/*");
	rig_permit(rig, "GET link");
	return rig;
}

struct rig *
rig_new_at(const char *host, const char *workspace, const char *plugins)
{
	return rig_of(xprintf("upstreams = { workspace = { host = \"%s\"; "
			      "token = \"dapi-secret\"; %s }; }; plugins = { %s };",
			      host, workspace, plugins));
}

struct rig *
rig_new_generic(const char *path, const char *auth)
{
	struct upstream *upstream = upstream_start(NULL);
	const char *url = upstream_url(upstream), *mark = strstr(auth, "URL");
	struct rig *rig;

	rig = rig_of(xprintf("upstreams = { workspace = { kind = \"generic\"; url = \"%s%s\"; "
			     "max_retries = 0; auth = { %.*s%s%s }; }; };",
			     url, path, mark != NULL ? (int)(mark - auth) : (int)strlen(auth), auth,
			     mark != NULL ? url : "", mark != NULL ? mark + 3 : ""));
	rig->upstream = upstream;
	return rig;
}

struct rig *
rig_new(const char *workspace, const char *plugins)
{
	struct upstream *upstream = upstream_start(NULL);
	struct rig *rig = rig_new_at(upstream_url(upstream), workspace, plugins);

	rig->upstream = upstream;
	return rig;
}

struct rig *
rig_new_tls(const char *ca_file, const char *workspace)
{
	struct upstream *upstream = upstream_start(ca_file);
	struct rig *rig = rig_new_at(upstream_url(upstream), workspace, "");

	rig->upstream = upstream;
	return rig;
}

void
rig_free(struct rig *rig)
{
	egress_free(rig->egress);
	pool_free(rig->pool);
	if (rig->upstream != NULL)
		upstream_stop(rig->upstream);
	loop_free(rig->loop);
	config_free(rig->config);
	strings_fini(&rig->permissions);
	free(rig);
}

void
rig_permit(struct rig *rig, const char *permission)
{
	strings_add(&rig->permissions, permission);
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
	CU_ASSERT(loop_inside(got->rig->loop));
	got->done = true;
	got->reply = *reply;
	got->body = xmalloc(reply->body.len + 1);
	memcpy(got->body, reply->body.data, reply->body.len);
	got->body[reply->body.len] = '\0';
	got->why = xstrdup(reply->why);
	got->request_id = xstrdup(reply->request_id);
	got->headers = join_headers(reply);
	CU_ASSERT(strstr(got->why, "dapi-secret") == NULL);
	if (--got->rig->waiting == 0)
		loop_stop(got->rig->loop);
}

static int
on_sink(void *data, const char *bytes, size_t len)
{
	struct got *got = data;

	return got->sink(got->sink_data, bytes, len);
}

struct transfer *
rig_submit(struct rig *rig, const struct mcp_http *http, struct got *got)
{
	struct transfer *transfer;

	got->rig = rig;
	rig->waiting++;
	transfer = egress_submit(rig->egress, &rig->scope, http, got->sink != NULL ? on_sink : NULL,
				 on_done, got);
	CU_ASSERT(!got->done); /* later, not now */
	return transfer;
}

void
rig_run(struct rig *rig)
{
	if (rig->waiting > 0)
		loop_run(rig->loop, 0);
	CU_ASSERT(rig->waiting == 0);
}

void
rig_fetch(struct rig *rig, const struct mcp_http *http, struct got *got)
{
	rig_submit(rig, http, got);
	rig_run(rig);
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
	struct rig *rig;
	bool (*enough)(void *data);
	void *data;
};

static void
look(struct loop_timer *timer)
{
	struct until *until = timer->data;

	if (until->enough(until->data))
		loop_stop(until->rig->loop);
	else
		loop_timer_set(until->rig->loop, timer, 1);
}

void
rig_until(struct rig *rig, bool (*enough)(void *data), void *data)
{
	struct until until = { .rig = rig, .enough = enough, .data = data };

	until.timer.fn = look;
	until.timer.data = &until;
	loop_timer_set(rig->loop, &until.timer, 1);
	rig->waiting++; /* set so that only look() stops the loop */
	loop_run(rig->loop, 0);
	rig->waiting--;
}

bool
rig_arrived(void *upstream)
{
	return upstream_requests(upstream) >= 1;
}
