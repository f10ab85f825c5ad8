/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state machine of a login. A run goes through the stages of one method. It ends with a token,
 * with an error, or with "does not apply"; then the next candidate begins. Once a method brought a
 * token, only this method is used until the operator asks to read all credentials again.
 */
#include "upstream/databricks/login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/check.h"
#include "base/log.h"
#include "base/mask.h"
#include "base/mem.h"
#include "config/text.h"

#define EXPLANATION_MAX 8192
#define LOGIN_AGAIN_MS 60000 /* after a failed renewal, while the old token is still valid */

const struct method *
login_method(const struct login *login)
{
	return login->method < login->own->candidates ? login->own->candidate[login->method] : NULL;
}

/* ---- creating and freeing -------------------------------------------------------------------- */

void
login_keep(char **place, const char *text)
{
	char *copy = text != NULL ? xstrdup(text) : NULL;

	free(*place);
	*place = copy;
}

void
login_keep_secret(char **place, const char *text)
{
	char *copy = text != NULL ? xstrdup(text) : NULL;

	if (copy != NULL)
		mask_add(copy, strlen(copy));
	secret_free(*place);
	*place = copy;
}

/* The second token is masked as long as it is in use. */
static void
keep_second(struct login *login, const char *text)
{
	if (login->second != NULL)
		mask_unpin(login->second, strlen(login->second));
	secret_free(login->second);
	login->second = text != NULL ? xstrdup(text) : NULL;
	if (text != NULL)
		mask_pin(text, strlen(text));
}

static void
forget_tokens(struct login *login)
{
	for (size_t i = 0; i < LOGIN_SLOTS; i++) {
		secret_free(login->token[i]);
		login->token[i] = NULL;
	}
	login_keep_secret(&login->id_token, NULL);
	login_keep_secret(&login->source_token, NULL);
	login->renew_ms = login->expires_ms = INT64_MAX;
}

/* The key of a service account may stand in a variable itself, not only in a file. */
static const char *
inline_key(const struct databricks *own)
{
	const char *text = databricks_value(own, A_GOOGLE_CREDENTIALS);

	return text != NULL && text[strspn(text, " \t\r\n")] == '{' ? text : NULL;
}

struct login *
login_new(const struct databricks *own)
{
	struct login *login = xcalloc(1, sizeof(*login));

	login->own = own;
	forget_tokens(login);
	if (inline_key(own) != NULL)
		mask_pin(inline_key(own), strlen(inline_key(own)));
	return login;
}

/* Everything that was found with the help of the network. */
static void
forget_all(struct login *login)
{
	forget_tokens(login);
	login->metadata_known = login->managed_identity = login->plain = false;
	login_keep(&login->account_id, NULL);
	login_keep(&login->workspace_id, NULL);
	login_keep(&login->audience, NULL);
	login_keep(&login->discovery_url, NULL);
	login_keep(&login->token_url, NULL);
	login_keep(&login->tenant, NULL);
	login_keep(&login->version, NULL);
}

void
login_free(void *state)
{
	struct login *login = state;

	if (inline_key(login->own) != NULL)
		mask_unpin(inline_key(login->own), strlen(inline_key(login->own)));
	forget_all(login);
	secret_free(login->second);
	strings_fini(&login->skipped);
	free(login);
}

/* ---- headers --------------------------------------------------------------------------------- */

static void
add(struct credential_step *step, const char *name, const char *value)
{
	char *header = xprintf("%s: %s", name, value);

	strings_add(&step->headers, header);
	secret_free(header);
}

static void
add_basic(const struct databricks *own, const char *password, struct credential_step *step)
{
	char *pair = xprintf("%s:%s", databricks_value(own, A_USERNAME), password);
	struct buf text;

	buf_init(&text, CREDENTIAL_VALUE_MAX);
	buf_puts(&text, "Basic ");
	buf_base64(&text, pair, strlen(pair));
	mask_add(text.data + 6, text.len - 6); /* an echo can encode this text once more */
	secret_free(pair);
	add(step, "Authorization", text.data);
	explicit_bzero(text.data, text.len);
	buf_fini(&text);
}

static void
add_bearer(const char *token, struct credential_step *step)
{
	char *value = xprintf("Bearer %s", token);

	add(step, "Authorization", value);
	secret_free(value);
}

/* Headers beside Authorization. */
static void
add_others(const struct login *login, struct credential_step *step)
{
	const struct databricks *own = login->own;
	const char *name = login_method(login)->name;
	const bool azure = strncmp(name, "azure-", 6) == 0 && strstr(name, "devops") == NULL;
	const char *resource = databricks_value(own, A_AZURE_RESOURCE_ID);

	if (own->workspace_id != NULL || login->workspace_id != NULL)
		add(step, "X-Databricks-Workspace-Id",
		    own->workspace_id != NULL ? own->workspace_id : login->workspace_id);
	if (azure && resource != NULL)
		add(step, "X-Databricks-Azure-Workspace-Resource-Id", resource);
	if (login->second != NULL)
		add(step,
		    azure ? "X-Databricks-Azure-SP-Management-Token"
			  : "X-Databricks-GCP-SA-Access-Token",
		    login->second);
}

void
login_authorize(const struct credential *credential, int64_t now_ms, struct credential_step *step)
{
	const struct login *login = credential->state;
	const struct method *method = login_method(login);

	if (method == NULL || (method->stages == NULL && credential->secret == NULL)) {
		credential_missing(credential, step);
		return;
	}
	if (method->stages != NULL &&
	    (credential->access_token == NULL || now_ms >= credential->expires_ms)) {
		step->answer = CREDENTIAL_REQUEST;
		return;
	}
	step->answer = CREDENTIAL_HEADERS;
	if (method->stages != NULL) {
		step->renew = now_ms >= credential->renew_ms;
		add_bearer(credential->access_token, step);
	} else if (method->secret == A_PASSWORD) {
		add_basic(login->own, credential->secret, step);
	} else {
		add_bearer(credential->secret, step);
	}
	add_others(login, step);
}

/* ---- a run ----------------------------------------------------------------------------------- */

static void
begin(struct login *login)
{
	forget_tokens(login);
	login->stage = 0;
	login->plain = false;
	login->running = true;
}

/* The reasons of all candidates, for the error. */
static void
add_reasons(struct login *login)
{
	size_t used = strlen(login->why);

	for (size_t i = 0; i < login->skipped.count && used < sizeof(login->why); i++)
		used += (size_t)snprintf(login->why + used, sizeof(login->why) - used, "%s%s",
					 used > 0 ? "; " : "", login->skipped.item[i]);
}

static enum mcp_status
give_up(struct login *login, struct credential *credential, char *why, size_t why_size)
{
	login->running = false;
	snprintf(why, why_size, "%s", login->why);
	credential->renew_ms = login->now_ms + LOGIN_AGAIN_MS;
	return login->error != MCP_OK ? login->error : MCP_E_UNAUTHENTICATED;
}

/* The method does not apply. False when there is no other candidate; then all are tried again with
 * the next request. */
static bool
next_method(struct login *login)
{
	const struct method *method = login_method(login);
	char *line = xprintf("%s: %s", method->name, login->why);

	strings_add(&login->skipped, line);
	log_event(LOG_INFO, "credential", "method", "s", method->name, "skipped", "s", login->why,
		  NULL);
	free(line);
	login->why[0] = '\0';
	login->error = MCP_OK;
	if (++login->method < login->own->candidates) {
		begin(login);
		return true;
	}
	login->method = 0;
	login->error = MCP_E_UNAUTHENTICATED;
	add_reasons(login);
	strings_fini(&login->skipped);
	return false;
}

static void
login_know(struct login *login, const struct credential *credential)
{
	login->secret = credential->secret;
	login->user = credential->user;
	login->forwarded = credential->forwarded;
}

enum mcp_status
login_request(struct credential *credential, struct credential_request *request, int64_t now_ms,
	      char *why, size_t why_size)
{
	struct login *login = credential->state;
	const struct login_stage *stage;

	login->now_ms = now_ms;
	login_know(login, credential);
	if (!login->running)
		begin(login);
	login->why[0] = '\0';
	login->error = MCP_OK;
	stage = &login_method(login)->stages[login->stage];
	while (stage->ask != NULL && stage->needed != NULL && !stage->needed(login))
		stage = &login_method(login)->stages[++login->stage];
	CHECK(stage->ask != NULL); /* the last stage, which brings the token, is always needed */
	request->reply_max = LOGIN_REPLY_MAX;
	request->timeout_ms = LOGIN_REQUEST_MS;
	if (stage->ask(login, request))
		return MCP_OK;
	return give_up(login, credential, why, why_size);
}

/* The run is at its end: its tokens are those of requests from now on. */
static enum mcp_status
settle(struct login *login, struct credential *credential, char *why, size_t why_size)
{
	login->running = false;
	if (login->token[LOGIN_TOKEN] == NULL) {
		login_fail(login, MCP_E_UPSTREAM, "%s returned no token",
			   login_method(login)->name);
		return give_up(login, credential, why, why_size);
	}
	login->settled = true;
	keep_second(login, login->token[LOGIN_SECOND]);
	credential->renew_ms = login->renew_ms;
	credential->expires_ms = login->expires_ms;
	credential_set_token(credential, login->token[LOGIN_TOKEN]);
	forget_tokens(login);
	return MCP_OK;
}

enum mcp_status
login_reply(struct credential *credential, const struct credential_outcome *answer, int64_t now_ms,
	    char *why, size_t why_size)
{
	struct login *login = credential->state;
	const struct login_stage *stage = &login_method(login)->stages[login->stage];
	enum login_result result;

	CHECK(login->running);
	login->now_ms = now_ms;
	login_know(login, credential);
	result = stage->take(login, answer);
	if (result == LOGIN_SKIP && !login->settled && next_method(login)) {
		credential->more = true;
		return MCP_OK;
	}
	if (result == LOGIN_SKIP || result == LOGIN_FAILED)
		return give_up(login, credential, why, why_size);
	if (result == LOGIN_NEXT)
		do
			stage = &login_method(login)->stages[++login->stage];
		while (stage->ask != NULL && stage->needed != NULL && !stage->needed(login));
	credential->more = stage->ask != NULL;
	return credential->more ? MCP_OK : settle(login, credential, why, why_size);
}

bool
login_reload(struct credential *credential)
{
	struct login *login = credential->state;

	if (login->running) /* its answer belongs to the present method */
		return true;
	forget_all(login);
	strings_fini(&login->skipped);
	login->method = 0;
	login->settled = false;
	return true;
}

/* "pat (token is not set), basic (…)": what was clear without asking anybody. */
static void
explain_static(const struct databricks *own, struct strings *lines)
{
	struct buf text;

	if (own->skipped.count == 0)
		return;
	buf_init_keeping(&text, EXPLANATION_MAX);
	buf_puts(&text, "not used: ");
	for (size_t i = 0; i < own->skipped.count; i++) {
		const char *line = own->skipped.item[i], *why = strstr(line, ": ");

		buf_printf(&text, "%s%.*s (%s)", i > 0 ? ", " : "", (int)(why - line), line,
			   why + 2);
	}
	strings_add(lines, text.data);
	buf_fini(&text);
}

void
login_explain(const struct credential *credential, struct strings *lines)
{
	const struct login *login = credential->state;
	const struct method *method = login_method(login);
	char *line;

	explain_static(login->own, lines);
	for (size_t i = 0; i < login->skipped.count; i++) {
		line = xprintf("not used: %s", login->skipped.item[i]);
		strings_add(lines, line);
		free(line);
	}
	if (method == NULL || (method->stages != NULL && !login->settled))
		return;
	line = xprintf("%s is in use", method->name);
	strings_add(lines, line);
	free(line);
}
