/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a login: its stages, the renewal of its token, and the next method. And the programs
 * that it runs. */
#include "upstream/databricks/login.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/loop.h"
#include "base/mem.h"
#include "config/text.h"
#include "suite.h"
#include "upstream/databricks/resolve.h"

#define MINUTE_MS 60000

static const char *const *variables; /* name, value, …, NULL */

static const char *
fake_env(const char *name)
{
	for (size_t i = 0; variables[i] != NULL; i += 2) {
		if (strcmp(variables[i], name) == 0)
			return variables[i + 1];
	}
	return NULL;
}

/* An upstream with its credential, from an environment. */
struct subject {
	struct databricks own;
	struct databricks_identity found;
	struct config_upstream upstream;
	struct credential credential;
	int64_t now_ms;
};

static void
subject_open(struct subject *subject, const char *const *environment)
{
	struct databricks_source source = { .role = "workspace",
					    .env = fake_env,
					    .ambient = fake_env };

	*subject = (struct subject){ .now_ms = 1000 };
	variables = environment;
	databricks_resolve(&source, &subject->own, &subject->found);
	CU_ASSERT_FATAL(subject->found.auth_type != NULL);
	subject->upstream = (struct config_upstream){ .role = (char *)"workspace",
						      .kind = &upstream_databricks,
						      .own = &subject->own,
						      .url = subject->own.url,
						      .secret = subject->found.secret };
	credential_init(&subject->credential, &subject->upstream);
}

static void
subject_close(struct subject *subject)
{
	credential_fini(&subject->credential);
	databricks_identity_fini(&subject->found);
	databricks_own_fini(&subject->own);
}

/* What a request needs now: the value of its header, or "request", "renew VALUE", "error". */
static void
step_is(struct subject *subject, const char *expected)
{
	struct credential_step step;
	char text[256];

	credential_step(&subject->credential, subject->now_ms, &step);
	if (step.answer == CREDENTIAL_HEADERS)
		snprintf(text, sizeof(text), "%s%s", step.renew ? "renew " : "",
			 step.headers.item[0] + strlen("Authorization: "));
	else
		snprintf(text, sizeof(text), "%s",
			 step.answer == CREDENTIAL_REQUEST ? "request" : "error");
	ASSERT_STR(text, expected);
	strings_wipe(&step.headers);
}

/* The next request goes to this address, or runs this command. */
static void
asks(struct subject *subject, const char *expected)
{
	struct credential_request request;
	char why[CREDENTIAL_WHY_MAX], text[512] = "";

	ASSERT_INT(credential_request(&subject->credential, &request, subject->now_ms, why,
				      sizeof(why)),
		   MCP_OK);
	for (size_t i = 0; i < request.command.count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i > 0 ? " " : "",
			 request.command.item[i]);
	ASSERT_STR(request.url != NULL ? request.url : text, expected);
	credential_request_fini(&request);
}

static enum mcp_status
replies(struct subject *subject, int status, const char *body)
{
	const struct mcp_reply reply = { .size = sizeof(reply),
					 .status = status,
					 .body = { body, strlen(body) } };
	const struct credential_outcome outcome = { .reply = &reply };
	char why[CREDENTIAL_WHY_MAX];

	return credential_reply(&subject->credential, &outcome, subject->now_ms, why, sizeof(why));
}

static enum mcp_status
prints(struct subject *subject, int status, const char *output, const char *errors)
{
	struct child_result result = { .end = CHILD_EXITED, .status = status };
	const struct credential_outcome outcome = { .result = &result };
	char why[CREDENTIAL_WHY_MAX];
	enum mcp_status error;

	buf_init(&result.output, 4096);
	buf_init(&result.errors, 4096);
	buf_puts(&result.output, output);
	buf_puts(&result.errors, errors);
	error = credential_reply(&subject->credential, &outcome, subject->now_ms, why, sizeof(why));
	buf_fini(&result.output);
	buf_fini(&result.errors);
	return error;
}

#define ENDPOINTS "{\"token_endpoint\":\"https://w.example/oidc/v1/token\"}"
#define TOKEN(name) "{\"access_token\":\"" name "\",\"token_type\":\"Bearer\",\"expires_in\":3600}"

static const char *const m2m[] = {
	"DATABRICKS_HOST", "w.example", "DATABRICKS_CLIENT_ID", "c", "DATABRICKS_CLIENT_SECRET",
	"s3cret",	   NULL
};

/* ---- tokens ---------------------------------------------------------------------------------- */

static void
log_in(struct subject *subject)
{
	subject_open(subject, m2m);
	step_is(subject, "request");
	asks(subject, "https://w.example/.well-known/databricks-config");
	ASSERT_INT(replies(subject, 404, "{}"), MCP_OK);
	CU_ASSERT(subject->credential.more);
	asks(subject, "https://w.example/oidc/.well-known/oauth-authorization-server");
	ASSERT_INT(replies(subject, 200, ENDPOINTS), MCP_OK);
	CU_ASSERT(subject->credential.more);
	asks(subject, "https://w.example/oidc/v1/token");
	ASSERT_INT(replies(subject, 200, TOKEN("t1")), MCP_OK);
	CU_ASSERT(!subject->credential.more);
	step_is(subject, "Bearer t1");
}

/* 20 minutes before its end a token is renewed, while it is still used. What is known about the
 * workspace is not asked again. */
static void
is_renewed_ahead(void)
{
	struct subject subject;

	log_in(&subject);
	subject.now_ms += 40 * MINUTE_MS - 1000;
	step_is(&subject, "Bearer t1");
	subject.now_ms += 1000;
	step_is(&subject, "renew Bearer t1");
	asks(&subject, "https://w.example/oidc/v1/token");
	ASSERT_INT(replies(&subject, 200, TOKEN("t2")), MCP_OK);
	step_is(&subject, "Bearer t2");
	subject_close(&subject);
}

/* A renewal that failed is tried again after a minute. The old token is used until its end. */
static void
failed_renewal_keeps_the_token(void)
{
	struct subject subject;

	log_in(&subject);
	subject.now_ms += 41 * MINUTE_MS;
	step_is(&subject, "renew Bearer t1");
	asks(&subject, "https://w.example/oidc/v1/token");
	ASSERT_INT(replies(&subject, 503, "{}"), MCP_E_UNAVAILABLE);
	step_is(&subject, "Bearer t1");
	subject.now_ms += MINUTE_MS;
	step_is(&subject, "renew Bearer t1");
	subject.now_ms += 17 * MINUTE_MS + 21000; /* less than 40 seconds before its end */
	step_is(&subject, "request");
	subject_close(&subject);
}

static void
refused_token_is_dropped(void)
{
	struct subject subject;
	unsigned sent;

	log_in(&subject);
	sent = subject.credential.generation;
	CU_ASSERT(credential_refused(&subject.credential, sent));
	step_is(&subject, "request");
	asks(&subject, "https://w.example/oidc/v1/token");
	ASSERT_INT(replies(&subject, 200, TOKEN("t2")), MCP_OK);
	CU_ASSERT(credential_refused(&subject.credential, sent)); /* there is a newer one */
	step_is(&subject, "Bearer t2");
	subject_close(&subject);
}

static void
endpoints_that_are_refused(void)
{
	static const char *const documents[] = { "{}",
						 "{\"token_endpoint\":7}",
						 "{\"token_endpoint\":\"http://w.example/token\"}",
						 "{\"token_endpoint\":\"https://a:b@w.example/\"}",
						 "[]",
						 "<html>" };
	struct subject subject;

	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		subject_open(&subject, m2m);
		asks(&subject, "https://w.example/.well-known/databricks-config");
		ASSERT_INT(replies(&subject, 200, "<html>"), MCP_OK);
		asks(&subject, "https://w.example/oidc/.well-known/oauth-authorization-server");
		ASSERT_INT(replies(&subject, 200, documents[i]), MCP_E_UPSTREAM);
		step_is(&subject, "request");
		subject_close(&subject);
	}
}

static void
tokens_that_are_refused(void)
{
	static const char *const tokens[] = {
		"{}",
		"{\"access_token\":\"\"}",
		"{\"access_token\":\"a b\"}",
		"{\"access_token\":\"a\\nX-Other: 1\"}",
		"{\"access_token\":7}",
		"{\"access_token\":\"a\",\"token_type\":\"mac\"}",
		"{\"access_token\":\"a\",\"expires_in\":0}",
		"{\"access_token\":\"a\",\"expires_in\":-1}",
		"{\"access_token\":\"a\",\"expires_on\":\"soon\"}",
		"{\"access_token\":\"a\",\"expiry\":\"2020\"}",
	};
	struct subject subject;

	log_in(&subject);
	CU_ASSERT(credential_refused(&subject.credential, subject.credential.generation));
	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
		asks(&subject, "https://w.example/oidc/v1/token");
		ASSERT_INT(replies(&subject, 200, tokens[i]), MCP_E_UPSTREAM);
		step_is(&subject, "request");
	}
	subject_close(&subject);
}

/* ---- methods --------------------------------------------------------------------------------- */

static char folder[64], search_path[128];

static void
make_programs(void)
{
	static const char *const names[] = { "az", "databricks" };
	char path[128];

	snprintf(folder, sizeof(folder), "/tmp/login-XXXXXX");
	CU_ASSERT_FATAL(mkdtemp(folder) != NULL);
	snprintf(search_path, sizeof(search_path), "relative::/nonexistent:%s", folder);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		FILE *file;

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		file = fopen(path, "w");
		CU_ASSERT_FATAL(file != NULL);
		if (file == NULL)
			return;
		fputs("#!/bin/sh\n", file);
		fclose(file);
		chmod(path, 0700);
	}
}

static void
remove_programs(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/az", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/databricks", folder);
	unlink(path);
	rmdir(folder);
}

static void
explains(const struct subject *subject, const char *expected)
{
	struct strings lines = { 0 };
	bool found = false;

	credential_explain(&subject->credential, &lines);
	for (size_t i = 0; i < lines.count; i++)
		found = found || strstr(lines.item[i], expected) != NULL;
	CU_ASSERT(found);
	strings_fini(&lines);
}

/* Nobody is logged in with az, so the login of databricks is used. From then on az is not tried
 * again, until the operator asks for it. */
static void
next_method(void)
{
	const char *environment[] = { "DATABRICKS_HOST", "a.azuredatabricks.net", "PATH",
				      search_path, NULL };
	char command[256];
	struct subject subject;

	make_programs();
	subject_open(&subject, environment);
	ASSERT_INT(subject.own.candidates, 2);
	asks(&subject, "https://a.azuredatabricks.net/aad/auth");
	ASSERT_INT(replies(&subject, 404, ""), MCP_OK);
	snprintf(command, sizeof(command),
		 "%s/az account get-access-token --resource 2ff814a6-3304-4ab8-85cb-cd0e6f879c1d "
		 "--output json",
		 folder);
	asks(&subject, command);
	ASSERT_INT(prints(&subject, 1, "", "Please run 'az login'\n"), MCP_OK);
	CU_ASSERT(subject.credential.more);
	explains(&subject, "not used: azure-cli: az account get-access-token ended with status 1: "
			   "Please run 'az login'");
	snprintf(command, sizeof(command), "%s/databricks version --output json", folder);
	asks(&subject, command);
	ASSERT_INT(prints(&subject, 0, "{\"Major\":0,\"Minor\":250,\"Patch\":1}", ""), MCP_OK);
	snprintf(command, sizeof(command),
		 "%s/databricks auth token --host https://a.azuredatabricks.net", folder);
	asks(&subject, command);
	ASSERT_INT(prints(&subject, 0, TOKEN("cli"), ""), MCP_OK);
	step_is(&subject, "Bearer cli");
	explains(&subject, "databricks-cli is in use");
	CU_ASSERT(credential_refused(&subject.credential, subject.credential.generation));
	asks(&subject, command);
	ASSERT_INT(prints(&subject, 1, "", "cannot refresh"), MCP_E_UNAUTHENTICATED);
	credential_reload(&subject.credential);
	asks(&subject, "https://a.azuredatabricks.net/aad/auth");
	subject_close(&subject);
	remove_programs();
}

/* ---- programs -------------------------------------------------------------------------------- */

struct run {
	struct loop *loop;
	enum child_end end;
	int status;
	char output[64], errors[64];
};

static void
ended(void *data, const struct child_result *result)
{
	struct run *run = data;

	run->end = result->end;
	run->status = result->status;
	snprintf(run->output, sizeof(run->output), "%s", result->output.data);
	snprintf(run->errors, sizeof(run->errors), "%s", result->errors.data);
	loop_stop(run->loop);
}

static struct run
run_shell(const char *program, const char *script, int64_t timeout_ms)
{
	char *argv[] = { (char *)program, (char *)"-c", (char *)script, NULL };
	char *envp[] = { (char *)"A=b", NULL };
	const struct child_command command = {
		.argv = argv, .envp = envp, .timeout_ms = timeout_ms, .output_max = 32
	};
	struct run run = { .loop = loop_new() };

	child_start(run.loop, &command, ended, &run);
	loop_run(run.loop, 0);
	loop_free(run.loop);
	return run;
}

static void
programs(void)
{
	struct run run = run_shell("/bin/sh", "echo $A; echo oh >&2; exit 3", 60000);

	ASSERT_INT(run.end, CHILD_EXITED);
	ASSERT_INT(run.status, 3);
	ASSERT_STR(run.output, "b\n");
	ASSERT_STR(run.errors, "oh\n");
	run = run_shell("/bin/sh", "kill -9 $$", 60000);
	ASSERT_INT(run.end, CHILD_SIGNALED);
	ASSERT_INT(run.status, SIGKILL);
	run = run_shell("/bin/sh", "while :; do echo 123456789; done", 60000);
	ASSERT_INT(run.end, CHILD_TOO_LARGE);
	run = run_shell("/bin/sh", "sleep 1000 & sleep 1000", 1);
	ASSERT_INT(run.end, CHILD_TIMEOUT);
	run = run_shell("/nonexistent/program", "", 60000);
	ASSERT_INT(run.end, CHILD_FAILED);
	ASSERT_INT(run.status, ENOENT);
	run = run_shell("/bin/sh", "cat; ls /proc/self/fd | wc -l | tr -d ' '", 60000);
	ASSERT_STR(run.output, "4\n"); /* 0, 1, 2, and the directory itself */
}

static void
cancelled(void)
{
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)"sleep 1000", NULL };
	char *envp[] = { NULL };
	const struct child_command command = { argv, envp, 60000, 32 };
	struct run run = { .loop = loop_new(), .end = CHILD_FAILED, .status = -1 };

	child_cancel(child_start(run.loop, &command, ended, &run));
	ASSERT_INT(run.status, -1);
	loop_free(run.loop);
}

static const struct test tests[] = {
	TEST(is_renewed_ahead),
	TEST(failed_renewal_keeps_the_token),
	TEST(refused_token_is_dropped),
	TEST(endpoints_that_are_refused),
	TEST(tokens_that_are_refused),
	TEST(next_method),
	TEST(programs),
	TEST(cancelled),
};
SUITE(tests)
