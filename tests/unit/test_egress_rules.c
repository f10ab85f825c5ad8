/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what plugins cannot do: use other paths, other hosts, other headers, other files, other
 * secrets. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "egress/internal.h"
#include "egress_assert.h"
#include "egress_rig.h"
#include "folder.h"

static void
refused(struct rig *b, const struct mcp_http *http, enum mcp_status error, const char *why)
{
	unsigned before = b->upstream != NULL ? upstream_connections(b->upstream) : 0;
	struct got got = { 0 };

	rig_fetch(b, http, &got);
	ASSERT_INT(got.reply.status, 0);
	ASSERT_INT(got.reply.error, error);
	assert_has(got.why, why);
	if (b->upstream != NULL)
		ASSERT_INT(upstream_connections(b->upstream), before);
	got_fini(&got);
}

static void
permissions(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/other/path");

	refused(b, &http, MCP_E_PERMISSION, "plugin test has no permission for GET /other/path");
	http = get("/api/ok");
	http.method = "PATCH";
	refused(b, &http, MCP_E_PERMISSION, "no permission for PATCH /api/ok");
	http.method = "TRACE";
	refused(b, &http, MCP_E_INTERNAL, "used an unknown method");
	http.method = NULL;
	refused(b, &http, MCP_E_INTERNAL, "used an unknown method");
	http = get(NULL);
	refused(b, &http, MCP_E_INTERNAL, "gave no path");
	http = get("/api/ok");
	http.url = "https://x.s3.amazonaws.com/";
	refused(b, &http, MCP_E_INTERNAL, "gave no path, or both a path and a link");
	rig_free(b);
}

static void
unusual_paths(void)
{
	static const char *const paths[] = { "",
					     "api/ok",
					     "//api/ok",
					     "/api//ok",
					     "/api/./ok",
					     "/api/../ok",
					     "/api/%2e%2e/ok",
					     "/api/%2E./ok",
					     "/api/ok\r\nX: y",
					     "/api/ok ",
					     "/api/ok#x",
					     "/api/ok?x",
					     "/api/o\\k",
					     "/api/%00",
					     "/api/%zz",
					     "/api/\xc3\xa9",
					     "/api/{&x",
					     "/api/{+x}",
					     "/api/a|b",
					     "/api/<x>",
					     "/api/\"",
					     "http://elsewhere.example/api/ok",
					     "@elsewhere.example/api" };
	struct rig *b = rig_new("", "");
	struct mcp_http http;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		http = get(paths[i]);
		refused(b, &http, MCP_E_INPUT, "the path of the request is refused");
	}
	http = get("/api/ok");
	http.query = "a=b c";
	refused(b, &http, MCP_E_INPUT, "the query of the request is refused");
	http.query = "a=b\r\nX: y";
	refused(b, &http, MCP_E_INPUT, "the query of the request is refused");
	http.query = "a=b#c";
	refused(b, &http, MCP_E_INPUT, "the query of the request is refused");
	rig_free(b);
}

/* A valid path is sent exactly as it was written. */
static void
paths_as_they_are(void)
{
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/ok/a%2Fb/..c/%20~*'(),;:@");
	struct got got = { 0 };
	char *request;

	http.query = "a=%2e%2e/../x&b=c?d";
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	request = upstream_request(b->upstream, 0);
	assert_has(request, "GET /api/ok/a%2Fb/..c/%20~*'(),;:@?a=%2e%2e/../x&b=c?d HTTP/1.1\r\n");
	free(request);
	got_fini(&got);
	rig_free(b);
}

static void
headers(void)
{
	static const struct mcp_header bad[] = { { "Authorization", "Bearer x" },
						 { "Cookie", "a" },
						 { "Host", "elsewhere" },
						 { "X-Custom", "a" },
						 { "Accept", "a\r\nX: y" },
						 { "Accept", "\x01" },
						 { "Accept:", "a" },
						 { "", "a" },
						 { "Range", "caf\xc3\xa9" },
						 { "Content-Length", "3" },
						 { "traceparent", "x" } };
	static const struct mcp_header good[] = { { "accept", "text/csv" },
						  { "Range", "bytes=0-3" },
						  { "If-None-Match", "\"x\"" },
						  { "If-Range", "" } };
	struct rig *b = rig_new("", "");
	struct mcp_http http = get("/api/ok");
	struct got got = { 0 };
	char *request, *large;
	struct mcp_header too_long = { "Accept", NULL };

	http.n_headers = 1;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		http.headers = &bad[i];
		refused(b, &http, MCP_E_INTERNAL, "of the plugin");
	}
	too_long.value = large = xcalloc(1, EGRESS_VALUE_MAX + 1);
	memset(large, 'a', EGRESS_VALUE_MAX);
	http.headers = &too_long;
	refused(b, &http, MCP_E_INTERNAL, "is too long");
	free(large);
	http.headers = good;
	http.n_headers = ARRAY_SIZE(good);
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	request = upstream_request(b->upstream, 0);
	assert_has(request, "\r\naccept: text/csv\r\n");
	assert_has(request, "\r\nRange: bytes=0-3\r\n");
	assert_has(request, "\r\nIf-None-Match: \"x\"\r\n");
	assert_has(request, "\r\nIf-Range:\r\n");
	assert_lacks(request, "application/json");
	free(request);
	got_fini(&got);
	rig_free(b);
}

static void
no_credential(void)
{
	struct rig *b = rig_new_at("", "", "");
	struct mcp_http http = get("/api/ok");
	struct got got = { 0 };

	free(b->config->upstream[0].auth_type);
	b->config->upstream[0].auth_type = NULL;
	refused(b, &http, MCP_E_UNAUTHENTICATED, "no host is configured: set DATABRICKS_HOST");
	http = get("/other");
	/* the header of the plugin has priority */
	refused(b, &http, MCP_E_PERMISSION, "no permission");
	http = get("/api/ok");
	http.upstream = "mars";
	refused(b, &http, MCP_E_PERMISSION, "to upstreams.workspace only, not to \"mars\"");
	b->scope.any_upstream = true;
	refused(b, &http, MCP_E_UNAVAILABLE, "there is no upstreams.mars");
	b->scope.any_upstream = false;
	b->scope.upstream = "venus";
	refused(b, &http, MCP_E_PERMISSION, "to upstreams.venus only");
	http.upstream = NULL;
	refused(b, &http, MCP_E_UNAVAILABLE, "there is no upstreams.venus");
	http.upstream = "workspace"; /* its own upstream, by the name that all plugins use */
	refused(b, &http, MCP_E_UNAVAILABLE, "there is no upstreams.venus");
	got_fini(&got);
	rig_free(b);
}

/* ---- pre-signed links ------------------------------------------------------------------------ */

static void
links_allowed(void)
{
	struct config_upstream cloud = { .url = (char *)"https://w.example" };
	struct config_upstream local = { .url = (char *)"http://127.0.0.1:8080" };
	char *suffixes[] = { (char *)"s3.*.amazonaws.com", (char *)"blob.example" };
	static const char *const good[] = { "https://b.s3.eu-west-1.amazonaws.com/k?X-Sig=a%2Fb",
					    "https://s3.eu-west-1.amazonaws.com/b/k",
					    "https://blob.example",
					    "https://a.b.BLOB.example:443/" };
	static const char *const bad[] = { "https://w.example/api/2.0/secrets/get",
					   "http://b.s3.eu-west-1.amazonaws.com/k",
					   "https://evil-s3.eu-west-1.amazonaws.com",
					   "https://s3.amazonaws.com/k",
					   "https://s3.a.b.amazonaws.com/k",
					   "https://blob.example.evil.example/",
					   "https://evilblob.example/",
					   "https://blob.example:8443/",
					   "https://blob.example@evil.example/",
					   "https://evil.example/blob.example",
					   "https://evil.example?blob.example",
					   "https://evil.example#blob.example",
					   "https://blob.example/a b",
					   "ftp://blob.example/",
					   "file:///etc/passwd",
					   "https://[::1]/",
					   "https://127.0.0.1/",
					   "http://127.0.0.1:8080/x",
					   "blob.example",
					   "" };

	cloud.link_suffixes = (struct strings){ suffixes, 2 };
	local.link_suffixes = (struct strings){ suffixes, 2 };
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ASSERT_STR(link_check(&cloud, good[i]), NULL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (link_check(&cloud, bad[i]) == NULL)
			printf("\n    %s should be refused", bad[i]);
		CU_ASSERT(link_check(&cloud, bad[i]) != NULL);
	}
	ASSERT_STR(link_check(&local, "http://127.0.0.1:8080/x?y=z"), NULL);
	CU_ASSERT(link_check(&local, "http://127.0.0.1:8081/x") != NULL);
	CU_ASSERT(link_check(&local, "https://127.0.0.1:8080/x") != NULL);
	CU_ASSERT(link_check(&local, "http://localhost:8080/x") != NULL);
}

static void
links_have_no_credential(void)
{
	struct mcp_header given = { "x-enc-key", "abc" }, forbidden = { "Authorization", "x" };
	struct rig *b = rig_new("workspace_id = \"42\";", "");
	char *url = xprintf("%s/elsewhere/ok?sig=1", upstream_url(b->upstream)), *request;
	struct mcp_http http = get(NULL);
	struct got got = { 0 };

	http.url = url;
	http.method = "PUT"; /* a link needs a permission for each method, too */
	refused(b, &http, MCP_E_PERMISSION, "plugin test has no permission for \"PUT link\"");
	http.method = "GET";
	http.headers = &given;
	http.n_headers = 1;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	request = upstream_request(b->upstream, 0);
	assert_has(request, "GET /elsewhere/ok?sig=1 HTTP/1.1\r\nHost: 127.0.0.1:");
	assert_has(request, "\r\nx-enc-key: abc\r\n\r\n");
	assert_lacks(request, "dapi");
	assert_lacks(request, "authorization");
	assert_lacks(request, "databricks");
	assert_lacks(request, "lakehost");
	assert_lacks(request, "accept");
	assert_lacks(request, "traceparent");
	free(request);
	got_fini(&got);
	http.headers = &forbidden;
	refused(b, &http, MCP_E_INTERNAL, "\"Authorization\" of the plugin is not allowed");
	free(url);
	http = get(NULL);
	http.url = "https://elsewhere.example/x?sig=very-secret";
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_E_PERMISSION);
	assert_lacks(got.why, "very-secret");
	got_fini(&got);
	url = xprintf("%s/api/redirect", upstream_url(b->upstream));
	http.url = url; /* the redirect is not followed; the plugin decides */
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 302);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_INT(upstream_requests(b->upstream), 2);
	got_fini(&got);
	free(url);
	rig_free(b);
}

/* ---- secrets --------------------------------------------------------------------------------- */

static void
secrets(void)
{
	struct mcp_piece pieces[] = { { MCP_PIECE_BYTES, { "{\"v\":\"", 6 } },
				      { MCP_PIECE_SECRET_JSON, { "env:TEST_SECRET", 15 } },
				      { MCP_PIECE_BYTES, { "\",\"b\":\"", 7 } },
				      { MCP_PIECE_SECRET_BASE64, { "env:TEST_SECRET", 15 } },
				      { MCP_PIECE_BYTES, { "\"}", 2 } } };
	struct rig *b = rig_new("", "secret_references = [ \"env:TEST_SECRET\" ];");
	struct mcp_http http = post("/api/ok", pieces);
	struct got got = { 0 };
	char *request, *masked;
	size_t len;

	setenv("TEST_SECRET", "hush\"\n hush", 1);
	http.n_body = ARRAY_SIZE(pieces);
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	request = upstream_request(b->upstream, 0);
	assert_has(request, "{\"v\":\"hush\\\"\\n hush\",\"b\":\"aHVzaCIKIGh1c2g=\"}");
	masked = mask_apply(request, strlen(request), &len);
	assert_lacks(masked, "hush");
	assert_lacks(masked, "aHVzaCIKIGh1c2g");
	free(masked);
	free(request);
	got_fini(&got);
	pieces[1].text = (struct mcp_text){ "env:HOME", 8 };
	refused(b, &http, MCP_E_PERMISSION,
		"the operator does not allow the secret reference \"env:HOME\"");
	pieces[1].text = (struct mcp_text){ "env:TEST_SECRET\0x", 17 };
	refused(b, &http, MCP_E_PERMISSION, "the operator does not allow the secret reference");
	pieces[1].text = (struct mcp_text){ "env:TEST_SECRET", 15 };
	setenv("TEST_SECRET", "\xff\xfe\xfd\xfc", 1);
	refused(b, &http, MCP_E_INPUT, "is not text; send it as base64");
	unsetenv("TEST_SECRET");
	refused(b, &http, MCP_E_UNAVAILABLE, "the environment variable TEST_SECRET is not set");
	pieces[1].kind = (enum mcp_piece_kind)77;
	refused(b, &http, MCP_E_INTERNAL, "a body piece of an unknown kind");
	rig_free(b);
}

static void
large_bodies(void)
{
	char *data = xcalloc(1, EGRESS_BODY_MAX + 1);
	struct mcp_piece piece = { MCP_PIECE_BYTES, { data, EGRESS_BODY_MAX + 1 } };
	struct rig *b = rig_new("", "");
	struct mcp_http http = post("/api/echo", &piece);
	struct got got = { 0 };

	memset(data, 'x', EGRESS_BODY_MAX + 1);
	refused(b, &http, MCP_E_TOO_LARGE, "the body is larger than 16777216 bytes");
	piece.text.len = EGRESS_BODY_MAX;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	ASSERT_INT(got.reply.bytes, EGRESS_BODY_MAX);
	got_fini(&got);
	free(data);
	rig_free(b);
}

/* ---- files ----------------------------------------------------------------------------------- */

static struct rig *
files_rig(void)
{
	char *setting, *path;
	struct rig *b;

	folder_make();
	path = folder_path("sub");
	mkdir(path, 0755);
	free(path);
	setting = xprintf("transfer_dirs = [ \"%s\" ];", folder);
	b = rig_new("max_retries = 1;", setting);
	free(setting);
	return b;
}

static void
files_end(struct rig *b)
{
	rig_free(b);
	folder_remove();
}

static void
send_files(void)
{
	struct rig *b = files_rig();
	struct mcp_http http = post("/api/echo", NULL);
	struct got got = { 0 };
	char *path = folder_path("a.txt"), *request;

	free(folder_put("a.txt", "content of a", 0600));
	http.method = "PUT";
	http.body_file = path;
	rig_fetch(b, &http, &got);
	ASSERT_STR(got.body, "content of a");
	request = upstream_request(b->upstream, 0);
	assert_has(request, "\r\nContent-Length: 12\r\n");
	assert_has(request, "\r\nContent-Type: application/octet-stream\r\n");
	free(request);
	got_fini(&got);
	http.body_file = "a.txt"; /* the path is relative to the transfer directory */
	rig_fetch(b, &http, &got);
	ASSERT_STR(got.body, "content of a");
	got_fini(&got);
	http.path = "/api/flaky/1/503/0"; /* the file is sent again from its beginning */
	http.retry = MCP_RETRY_IDEMPOTENT;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	for (unsigned i = 2; i < 4; i++) {
		request = upstream_request(b->upstream, i);
		assert_has(request, "\r\n\r\ncontent of a");
		free(request);
	}
	got_fini(&got);
	http.path = "/api/echo";
	free(folder_put("empty", "", 0600));
	http.body_file = "empty";
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	got_fini(&got);
	free(path);
	files_end(b);
}

static void
files_outside_of_transfer_dirs(void)
{
	struct rig *b = files_rig();
	struct mcp_http http = post("/api/echo", NULL);
	char *link = folder_path("link"), *sub_link = folder_path("sub/up"),
	     *fifo = folder_path("fifo"), *beside;

	ASSERT_INT(symlink("/etc/passwd", link), 0);
	ASSERT_INT(symlink("/etc", sub_link), 0);
	ASSERT_INT(mkfifo(fifo, 0600), 0);
	http.body_file = "/etc/passwd";
	refused(b, &http, MCP_E_PERMISSION, "is not in one of the operator's transfer_dirs");
	beside = xprintf("%sbeside/x", folder);
	http.body_file = beside;
	refused(b, &http, MCP_E_PERMISSION, "is not in one of the operator's transfer_dirs");
	http.body_file = folder;
	refused(b, &http, MCP_E_PERMISSION, "is not in one of the operator's transfer_dirs");
	http.body_file = "../../etc/passwd";
	refused(b, &http, MCP_E_PERMISSION, "is outside of");
	http.body_file = "sub/../../../etc/passwd";
	refused(b, &http, MCP_E_PERMISSION, "is outside of");
	http.body_file = link;
	refused(b, &http, MCP_E_PERMISSION, "is outside of");
	http.body_file = "sub/up/passwd";
	refused(b, &http, MCP_E_PERMISSION, "is outside of");
	http.body_file = "fifo";
	refused(b, &http, MCP_E_INPUT, "is not a regular file");
	http.body_file = "sub";
	refused(b, &http, MCP_E_INPUT, "is not a regular file");
	http.body_file = "missing";
	refused(b, &http, MCP_E_NOT_FOUND, "missing or its folder does not exist");
	free(link);
	free(sub_link);
	free(fifo);
	free(beside);
	files_end(b);
	b = rig_new("", "");
	http.body_file = "a";
	refused(b, &http, MCP_E_PERMISSION,
		"files of the host cannot be used: plugins.transfer_dirs is empty");
	rig_free(b);
}

static void
receive_files(void)
{
	struct rig *b = files_rig();
	struct mcp_http http = get("/api/huge/1000000");
	struct got got = { 0 };
	char *path = folder_path("sub/new");
	struct stat status;

	http.reply = MCP_REPLY_FILE;
	http.reply_file = path;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_INT(got.reply.bytes, 1000000);
	ASSERT_STR(got.body, "");
	ASSERT_INT(stat(path, &status), 0);
	ASSERT_INT(status.st_size, 1000000);
	ASSERT_INT(folder_files(), 1);
	got_fini(&got);
	refused(b, &http, MCP_E_CONFLICT, "already exists; use another name");
	http.reply_file = "second";
	http.path = "/api/drop/1"; /* the second attempt writes the file */
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_INT(folder_files(), 2);
	got_fini(&got);
	free(path);
	files_end(b);
}

static void
files_not_received(void)
{
	struct rig *b = files_rig();
	struct mcp_http http = get("/api/status/404");
	struct got got = { 0 };

	http.reply = MCP_REPLY_FILE;
	http.reply_file = "new";
	rig_fetch(b, &http, &got); /* the body of an error goes to the plugin, not to the file */
	ASSERT_INT(got.reply.status, 404);
	ASSERT_INT(got.reply.error, MCP_OK);
	assert_has(got.body, "E404");
	got_fini(&got);
	http.path = "/api/cut";
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_E_UNAVAILABLE);
	got_fini(&got);
	http.path = "/api/huge/1000";
	http.max_bytes = 999;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_E_TOO_LARGE);
	got_fini(&got);
	http.reply_file = "../new";
	refused(b, &http, MCP_E_PERMISSION, "is outside of");
	http.reply_file = "/tmp/new";
	refused(b, &http, MCP_E_PERMISSION, "is not in one of");
	http.reply_file = "none/new";
	refused(b, &http, MCP_E_NOT_FOUND, "none/new or its folder does not exist");
	http.reply_file = "sub/";
	refused(b, &http, MCP_E_INPUT, "is not a valid file name");
	http.reply_file = "a\nb";
	refused(b, &http, MCP_E_INPUT, "must not be empty, contain control characters");
	http.reply_file = "sub/.lakehost-1.0.0.part";
	refused(b, &http, MCP_E_INPUT, "begin with .lakehost-");
	http.reply_file = NULL;
	refused(b, &http, MCP_E_INTERNAL, "no file for the reply");
	ASSERT_INT(folder_files(), 0); /* nothing is left */
	files_end(b);
}

static const struct test tests[] = {
	TEST(permissions),
	TEST(unusual_paths),
	TEST(paths_as_they_are),
	TEST(headers),
	TEST(no_credential),
	TEST(links_allowed),
	TEST(links_have_no_credential),
	TEST(secrets),
	TEST(large_bodies),
	TEST(send_files),
	TEST(files_outside_of_transfer_dirs),
	TEST(receive_files),
	TEST(files_not_received),
};
SUITE(tests)
