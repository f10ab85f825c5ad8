/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how requests are authenticated, and what happens after a 401 or at the end of an access
 * token. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mask.h"
#include "base/mem.h"
#include "config/text.h"
#include "egress/internal.h"
#include "egress_assert.h"
#include "egress_rig.h"
#include "upstream/generic/generic.h"

/* ---- the methods
 * ------------------------------------------------------------------------------ */

static void
sends(const char *path, const char *auth, const char *line, const char *expected)
{
	struct rig *b = rig_new_generic(path, auth);
	struct mcp_http http = get("/api/ok");
	struct got got = { 0 };
	char *request;

	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	request = upstream_request(b->upstream, 0);
	if (strncmp(request, line, strlen(line)) != 0 || strstr(request, expected) == NULL)
		printf("\n    %s", request);
	CU_ASSERT(strncmp(request, line, strlen(line)) == 0);
	CU_ASSERT(strstr(request, expected) != NULL);
	free(request);
	got_fini(&got);
	rig_free(b);
}

static void
methods(void)
{
	sends("", "method = \"bearer\"; token = \"t-1\";", "GET /api/ok HTTP/1.1",
	      "\r\nAuthorization: Bearer t-1\r\n");
	sends("/jira", "method = \"bearer\"; token = \"t-1\";", "GET /jira/api/ok HTTP/1.1",
	      "\r\nAuthorization: Bearer t-1\r\n");
	sends("/a/b/", "method = \"none\";", "GET /a/b/api/ok HTTP/1.1", "\r\nAccept:");
	sends("", "method = \"basic\"; user = \"Aladdin\"; password = \"open sesame\";", "GET ",
	      "\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"); /* RFC 7617 */
	sends("", "method = \"basic\"; user = \"test\"; password = \"123\302\243\";", "GET ",
	      "\r\nAuthorization: Basic dGVzdDoxMjPCow==\r\n");
	sends("", "method = \"header\"; name = \"X-Api-Key\"; value = \"Key k 1\";", "GET ",
	      "\r\nX-Api-Key: Key k 1\r\n");
}

/* Both spellings of the secret are masked, because the mask knows base64. */
static void
basic_is_masked(void)
{
	struct rig *b =
	    rig_new_generic("",
			    "method = \"basic\"; user = \"Aladdin\"; password = \"open sesame\";");
	static const char text[] = "x QWxhZGRpbjpvcGVuIHNlc2FtZQ== y open sesame z";
	size_t len;
	char *masked = mask_apply(text, sizeof(text) - 1, &len);

	CU_ASSERT_FATAL(masked != NULL);
	if (masked == NULL)
		return;
	CU_ASSERT(strstr(masked, "vcGVuIHNlc2FtZQ") == NULL && strstr(masked, "sesame") == NULL);
	free(masked);
	rig_free(b);
}

static void
method_none_sends_no_credential(void)
{
	struct rig *b = rig_new_generic("", "method = \"none\";");
	struct mcp_http http = get("/api/ok");
	struct got got = { 0 };
	char *request;

	rig_fetch(b, &http, &got);
	request = upstream_request(b->upstream, 0);
	CU_ASSERT(strstr(request, "Authorization") == NULL);
	CU_ASSERT(strstr(request, "Databricks") == NULL && strstr(request, "auth/") == NULL);
	free(request);
	got_fini(&got);
	rig_free(b);
}

/* ---- secrets in files
 * ------------------------------------------------------------------------- */

static char path[64];

static void
write_secret(const char *text)
{
	FILE *file = fopen(path, "w");

	CU_ASSERT(file != NULL);
	if (file == NULL)
		return;
	fputs(text, file);
	fclose(file);
}

static struct rig *
rig_with_file(void)
{
	char *auth;
	struct rig *b;
	int fd;

	strcpy(path, "/tmp/credential-XXXXXX");
	fd = mkstemp(path);
	CU_ASSERT_FATAL(fd >= 0);
	close(fd);
	write_secret("old\n");
	auth = xprintf("method = \"bearer\"; token = \"file:%s\";", path);
	b = rig_new_generic("", auth);
	free(auth);
	return b;
}

static void
fetch(struct rig *b, const char *what, int status, unsigned requests)
{
	struct mcp_http http = get(what);
	struct got got = { 0 };

	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_OK);
	ASSERT_INT(got.reply.status, status);
	ASSERT_INT(upstream_requests(b->upstream), requests);
	got_fini(&got);
}

/* The secret is replaced while other requests may be running. */
static void
fetch_beside(struct rig *b, const char *what)
{
	struct mcp_http http = get(what);
	struct got got = { 0 };

	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	got_fini(&got);
}

static void
file_read_again(void)
{
	struct rig *b = rig_with_file();
	char *identity;

	fetch(b, "/api/need/Bearer_old", 200, 1);
	/* the file still has the same secret, so the request is not repeated */
	fetch(b, "/api/need/Bearer_new", 401, 2);
	identity = xstrdup(credential_identity(&b->egress->authorizer[0].credential));
	write_secret("new\n");
	fetch(b, "/api/need/Bearer_new", 200, 4);
	fetch(b, "/api/need/Bearer_new", 200, 5);
	CU_ASSERT(strcmp(identity, credential_identity(&b->egress->authorizer[0].credential)) != 0);
	free(identity);
	fetch(b, "/api/status/401", 401, 6); /* a request is repeated only with another secret */
	write_secret("\"bad\"\n");	     /* an invalid secret is not used */
	fetch(b, "/api/status/401", 401, 7);
	unlink(path);
	fetch(b, "/api/status/401", 401, 8);
	fetch(b, "/api/need/Bearer_new", 200, 9);
	rig_free(b);
}

/* An answer 401 means that the request was not carried out, so any request may be repeated. */
static void
post_is_sent_again(void)
{
	struct rig *b = rig_with_file();
	const struct mcp_piece body = { .text = { "{}", 2 } };
	struct mcp_http http = post("/api/need/Bearer_new", &body);
	struct got got = { 0 };

	write_secret("new");
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.status, 200);
	ASSERT_INT(upstream_requests(b->upstream), 2);
	got_fini(&got);
	unlink(path);
	rig_free(b);
}

static void
reload(void)
{
	struct rig *b = rig_with_file();

	egress_reload(b->egress);
	fetch(b, "/api/need/Bearer_old", 200, 1);
	write_secret("new");
	egress_reload(b->egress);
	fetch(b, "/api/need/Bearer_new", 200, 2);
	unlink(path);
	egress_reload(b->egress);
	fetch(b, "/api/need/Bearer_new", 200, 3);
	rig_free(b);
}

/* ---- access tokens
 * ---------------------------------------------------------------------------- */

#define OAUTH(PLACE)                                                                     \
	"method = \"oauth\"; token_url = \"URL" PLACE "\"; client_id = \"the client\"; " \
	"client_secret = \"s&1\"; scope = \"a b\";"

static void
token_request_form(void)
{
	struct rig *b = rig_new_generic("", OAUTH("/api/token/3600"));
	char *request;

	fetch(b, "/api/need/Bearer_at-1", 200, 2);
	fetch(b, "/api/need/Bearer_at-1", 200, 3); /* it is kept */
	request = upstream_request(b->upstream, 0);
	CU_ASSERT(strncmp(request, "POST /api/token/3600 HTTP/1.1", 29) == 0);
	CU_ASSERT(strstr(request, "\r\nContent-Type: application/x-www-form-urlencoded\r\n") !=
		  NULL);
	/* the client%20id:s%261 */
	CU_ASSERT(strstr(request, "\r\nAuthorization: Basic dGhlJTIwY2xpZW50OnMlMjYx\r\n") != NULL);
	CU_ASSERT(strstr(request, "\r\n\r\ngrant_type=client_credentials&scope=a%20b") != NULL);
	free(request);
	rig_free(b);
	b = rig_new_generic("", OAUTH("/api/token/3600") " client_auth = \"body\"; "
							 "audience = \"x\";");
	fetch(b, "/api/need/Bearer_at-1", 200, 2);
	request = upstream_request(b->upstream, 0);
	CU_ASSERT(strstr(request, "Authorization") == NULL);
	CU_ASSERT(strstr(request, "&audience=x&client_id=the%20client&client_secret=s%261") !=
		  NULL);
	free(request);
	rig_free(b);
}

#define MANY 20

static void
one_token_for_many(void)
{
	struct rig *b = rig_new_generic("", OAUTH("/api/token/3600/hold"));
	struct mcp_http http = get("/api/need/Bearer_at-1");
	struct got got[MANY] = { 0 };

	for (size_t i = 0; i < MANY; i++)
		rig_submit(b, &http, &got[i]);
	upstream_release(b->upstream);
	rig_run(b);
	for (size_t i = 0; i < MANY; i++) {
		ASSERT_INT(got[i].reply.status, 200);
		got_fini(&got[i]);
	}
	ASSERT_INT(upstream_requests(b->upstream), MANY + 1);
	rig_free(b);
}

static void
token_refused(void)
{
	struct rig *b = rig_new_generic("", OAUTH("/api/token/3600"));

	fetch(b, "/api/need/Bearer_at-2", 200, 4); /* token, 401, token, 200 */
	/* the upstream answers 401, token, 401: the request is repeated only once */
	fetch(b, "/api/status/401", 401, 7);
	rig_free(b);
}

static void
token_renewed_ahead(void)
{
	struct rig *b = rig_new_generic("", OAUTH("/api/token/3600"));
	struct credential *credential = &b->egress->authorizer[0].credential;

	fetch(b, "/api/ok", 200, 2);
	CU_ASSERT(credential->renew_ms > clock_ms() + 3000000);
	CU_ASSERT(credential->expires_ms > credential->renew_ms);
	credential->renew_ms = clock_ms();
	fetch_beside(b, "/api/need/Bearer_at-1"); /* until then the old token is used */
	while (b->egress->authorizer[0].renewal != NULL)
		fetch_beside(b, "/api/ok");
	ASSERT_STR(credential->access_token, "at-2");
	credential->expires_ms = clock_ms();
	fetch(b, "/api/need/Bearer_at-3", 200, upstream_requests(b->upstream) + 2);
	rig_free(b);
}

static void
no_token(const char *auth, enum mcp_status error, const char *why)
{
	struct rig *b = rig_new_generic("", auth);
	struct mcp_http http = get("/api/ok");
	struct got got = { 0 };

	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, error);
	if (strstr(got.why, why) == NULL)
		printf("\n    \"%s\" should say \"%s\"", got.why, why);
	CU_ASSERT(strstr(got.why, why) != NULL);
	CU_ASSERT(strstr(got.why, "s&1") == NULL);
	ASSERT_INT(upstream_requests(b->upstream), 1);
	got_fini(&got);
	rig_free(b);
}

static void
tokens_missing(void)
{
	no_token(OAUTH("/api/status/401"), MCP_E_UNAUTHENTICATED, "refused the client the client");
	no_token(OAUTH("/api/status/400"), MCP_E_UNAUTHENTICATED, "check client_id, client_secret");
	no_token(OAUTH("/api/status/500"), MCP_E_UNAVAILABLE, "answered HTTP 500");
	no_token(OAUTH("/api/page"), MCP_E_UPSTREAM, "without an access token");
	no_token(OAUTH("/api/redirect"), MCP_E_UPSTREAM, "without an access token");
	no_token(OAUTH("/api/huge/100000"), MCP_E_TOO_LARGE, "no access token: ");
	no_token(OAUTH("/api/cut"), MCP_E_UNAVAILABLE, "no access token: ");
}

static void
deadline_while_waiting(void)
{
	struct rig *b = rig_new_generic("", OAUTH("/api/token/3600/hold"));
	struct mcp_http http = get("/api/ok");
	struct got got = { 0 };

	b->scope.deadline_ms = clock_ms() + 50;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_E_TIMEOUT);
	CU_ASSERT(strstr(got.why, "there is no access token yet") != NULL);
	CU_ASSERT(TAILQ_EMPTY(&b->egress->authorizer[0].waiting));
	got_fini(&got);
	upstream_release(b->upstream);
	rig_free(b); /* this happens while the token is being requested */
}

/* ---- steps of a credential ------------------------------------------------------------------- */

static struct credential_step
step_at(const struct credential *credential, int64_t now_ms)
{
	struct credential_step step;

	credential_step(credential, now_ms, &step);
	return step;
}

static void
step_is(const struct credential *credential, int64_t now_ms, const char *header, bool renew)
{
	struct credential_step step = step_at(credential, now_ms);

	ASSERT_INT(step.answer, CREDENTIAL_HEADERS);
	ASSERT_STR(step.headers.item[0], header);
	CU_ASSERT(step.renew == renew);
	strings_wipe(&step.headers);
}

static void
steps_of_a_token(void)
{
	struct rig *b = rig_new_generic("", OAUTH("/api/token/3600"));
	static const char text[] = "{\"access_token\":\"a\",\"expires_in\":100}";
	const struct mcp_reply good = { .size = sizeof(good),
					.status = 200,
					.body = { text, sizeof(text) - 1 } };
	const struct mcp_reply bad = { .size = sizeof(bad), .status = 400 };
	const struct credential_outcome token = { .reply = &good }, refusal = { .reply = &bad };
	struct credential credential;
	char why[CREDENTIAL_WHY_MAX];

	credential_init(&credential, &b->config->upstream[0]);
	ASSERT_INT(step_at(&credential, 0).answer, CREDENTIAL_REQUEST);
	ASSERT_INT(credential_reply(&credential, &refusal, 0, why, sizeof(why)),
		   MCP_E_UNAUTHENTICATED);
	ASSERT_INT(step_at(&credential, 0).answer, CREDENTIAL_REQUEST);
	ASSERT_INT(credential_reply(&credential, &token, 0, why, sizeof(why)), MCP_OK);
	step_is(&credential, 79999, "Authorization: Bearer a", false);
	step_is(&credential, 80000, "Authorization: Bearer a", true);
	ASSERT_INT(step_at(&credential, 98000).answer, CREDENTIAL_REQUEST);
	CU_ASSERT(credential_refused(&credential, credential.generation));
	ASSERT_INT(step_at(&credential, 0).answer, CREDENTIAL_REQUEST);
	CU_ASSERT(credential_refused(&credential, credential.generation - 1)); /* a newer one */
	credential_fini(&credential);
	rig_free(b);
}

static void
step_without_secret(struct rig *b)
{
	struct credential credential;
	struct credential_step step;

	secret_free(b->config->upstream[0].secret);
	b->config->upstream[0].secret = NULL;
	credential_init(&credential, &b->config->upstream[0]);
	step = step_at(&credential, 0);
	ASSERT_INT(step.answer, CREDENTIAL_ERROR);
	ASSERT_INT(step.error, MCP_E_UNAUTHENTICATED);
	ASSERT_STR(step.why, b->config->upstream[0].auth_why);
	credential_fini(&credential);
	rig_free(b);
}

static void
steps_without_secret(void)
{
	step_without_secret(rig_new("", ""));
	step_without_secret(rig_new_generic("", "method = \"bearer\"; token = \"t-1\";"));
}

/* ---- a third kind ---------------------------------------------------------------------------- */

static void
authorize_never(const struct credential *credential, int64_t now_ms, struct credential_step *step)
{
	(void)credential;
	(void)now_ms;
	step->answer = CREDENTIAL_ERROR;
	step->error = MCP_E_UNAVAILABLE;
	snprintf(step->why, sizeof(step->why), "the safe is locked");
}

/* A kind of upstream that only this test has: the message of its step reaches the caller. */
static void
error_of_a_kind(void)
{
	struct rig *b = rig_new_generic("", "method = \"none\";");
	struct upstream_kind kind = upstream_generic;
	struct mcp_http http = get("/api/ok");
	struct got got = { 0 };

	kind.authorize = authorize_never;
	b->config->upstream[0].kind = &kind;
	rig_fetch(b, &http, &got);
	ASSERT_INT(got.reply.error, MCP_E_UNAVAILABLE);
	ASSERT_STR(got.why, "the safe is locked");
	ASSERT_INT(upstream_requests(b->upstream), 0);
	got_fini(&got);
	rig_free(b);
}

static const struct test tests[] = {
	TEST(methods),
	TEST(method_none_sends_no_credential),
	TEST(basic_is_masked),
	TEST(file_read_again),
	TEST(post_is_sent_again),
	TEST(reload),
	TEST(token_request_form),
	TEST(one_token_for_many),
	TEST(token_refused),
	TEST(token_renewed_ahead),
	TEST(tokens_missing),
	TEST(deadline_while_waiting),
	TEST(steps_of_a_token),
	TEST(steps_without_secret),
	TEST(error_of_a_kind),
};
SUITE(tests)
