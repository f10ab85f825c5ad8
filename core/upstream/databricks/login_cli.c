/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of people who logged in with a command line: "databricks auth login" and "az login". The
 * program is run without a shell, with an environment that has no credential of this host.
 */
#include "upstream/databricks/login_cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/json.h"
#include "base/mem.h"
#include "config/text.h"
#include "upstream/databricks/azure.h"
#include "upstream/databricks/login_azure.h"

#define VERSION_MS 5000	   /* for "databricks version" */
#define PROGRAM_MS 60000   /* for a program that may use the network */
#define WORDS_MAX 300	   /* bytes of a program's words in a message */
#define SCRIPT_MAX 1048576 /* the old command line is a smaller file than this */
#define UNKNOWN "0.0.0"

/* ---- programs -------------------------------------------------------------------------------- */

/* What the two programs need to find their files, the network and the keyring. */
static const char *const passed[] = { "HOME",
				      "PATH",
				      "USER",
				      "LOGNAME",
				      "LANG",
				      "LC_ALL",
				      "TZ",
				      "TMPDIR",
				      "XDG_CONFIG_HOME",
				      "XDG_CACHE_HOME",
				      "XDG_RUNTIME_DIR",
				      "DBUS_SESSION_BUS_ADDRESS",
				      "http_proxy",
				      "https_proxy",
				      "no_proxy",
				      "HTTP_PROXY",
				      "HTTPS_PROXY",
				      "NO_PROXY",
				      "SSL_CERT_FILE",
				      "SSL_CERT_DIR",
				      "AZURE_CONFIG_DIR",
				      "REQUESTS_CA_BUNDLE",
				      "DATABRICKS_AUTH_STORAGE" };

static void
add_variable(struct credential_request *request, const char *name, const char *value)
{
	char *text = xprintf("%s=%s", name, value);

	strings_add(&request->environment, text);
	free(text);
}

static void
set_program(struct login *login, struct credential_request *request, const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(passed); i++) {
		const char *value = databricks_ambient(login->own, passed[i]);

		if (value != NULL)
			add_variable(request, passed[i], value);
	}
	if (login->own->config_file != NULL)
		add_variable(request, "DATABRICKS_CONFIG_FILE", login->own->config_file);
	request->target = xprintf("the program %s", path);
	request->timeout_ms = PROGRAM_MS;
	strings_add(&request->command, path);
}

static void
add_arguments(struct credential_request *request, const char *const *arguments)
{
	for (; *arguments != NULL; arguments++)
		strings_add(&request->command, *arguments);
}

/* What a program wrote to standard error, else to standard output, on one line. */
static void
words_of(const struct child_result *result, char words[WORDS_MAX])
{
	const struct buf *from = result->errors.len > 0 ? &result->errors : &result->output;

	login_words(from->data, words, WORDS_MAX);
}

/* False, with the reason, when the program did not end well. */
static bool
ended_well(struct login *login, const struct child_result *result, const char *name)
{
	char words[WORDS_MAX];

	switch (result->end) {
	case CHILD_EXITED:
		if (result->status == 0)
			return true;
		words_of(result, words);
		login_fail(login, MCP_E_UNAUTHENTICATED, "%s ended with status %d: %s", name,
			   result->status, words);
		break;
	case CHILD_SIGNALED:
		login_fail(login, MCP_E_UNAVAILABLE, "%s was ended by signal %d", name,
			   result->status);
		break;
	case CHILD_TIMEOUT:
		login_fail(login, MCP_E_TIMEOUT,
			   "%s did not end in time and was stopped; run it by hand to see why",
			   name);
		break;
	case CHILD_TOO_LARGE:
		login_fail(login, MCP_E_UPSTREAM, "%s wrote more than %u bytes and was stopped",
			   name, LOGIN_REPLY_MAX);
		break;
	case CHILD_FAILED:
		login_fail(login, MCP_E_UNAVAILABLE, "%s cannot be started: %s", name,
			   strerror(result->status));
		break;
	}
	return false;
}

/* The JSON object that a program printed, for json_object_put(); NULL with the reason in
 * login->why, which begins with the name of the program. */
static struct json_object *
printed_object(struct login *login, const struct child_result *result, const char *name)
{
	static const struct json_limits limits = { LOGIN_REPLY_MAX, 32, 10000, 32, 0 };
	struct json_object *object;
	const char *why = NULL;
	size_t at;

	if (!ended_well(login, result, name))
		return NULL;
	object = json_parse(result->output.data, result->output.len, &limits, &why, &at);
	if (json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	login_fail(login, MCP_E_UPSTREAM, "%s printed something that is not a JSON object", name);
	return NULL;
}

/* ---- databricks auth token ------------------------------------------------------------------- */

/* The command line before 0.100 is a script in Python that cannot log in with OAuth. */
static bool
is_legacy(const char *path)
{
	char why[256], *text;
	size_t len;
	bool legacy;

	text = text_read(path, SCRIPT_MAX, &len, NULL, why, sizeof(why));
	legacy = text != NULL && strstr(text, "from databricks_cli.cli import ") != NULL;
	free(text);
	return legacy;
}

/* For free(); NULL with `why`. */
static char *
find_cli(const struct databricks *own, char *why, size_t why_size)
{
	const char *name = databricks_value(own, A_CLI_PATH);
	const char *path = databricks_ambient(own, "PATH");

	if (name == NULL)
		name = "databricks";
	snprintf(why, why_size, "the program %s is not in PATH", name);
	if (strchr(name, '/') != NULL) {
		snprintf(why, why_size, "databricks_cli_path (%s) is not an executable file", name);
		return child_find(name, NULL);
	}
	while (path != NULL && *path != '\0') {
		char *directory = xstrndup(path, strcspn(path, ":"));
		char *found = child_find(name, directory);

		path += strlen(directory);
		path += *path == ':';
		free(directory);
		if (found != NULL && !is_legacy(found))
			return found;
		if (found != NULL)
			snprintf(why, why_size, "%s is a version before 0.100, without OAuth",
				 found);
		free(found);
	}
	return NULL;
}

char *
login_cli_missing(const struct databricks *own)
{
	char why[512], *path = find_cli(own, why, sizeof(why));
	bool there = path != NULL;

	free(path);
	return there ? NULL : xstrdup(why);
}

static bool
run_cli(struct login *login, struct credential_request *request, const char *const *arguments)
{
	char why[512], *path = find_cli(login->own, why, sizeof(why));

	if (path == NULL)
		return login_refuse(login, "%s", why);
	set_program(login, request, path);
	add_arguments(request, arguments);
	free(path);
	return true;
}

static bool
version_needed(const struct login *login)
{
	return login->version == NULL || strcmp(login->version, UNKNOWN) == 0;
}

static bool
version_ask(struct login *login, struct credential_request *request)
{
	static const char *const arguments[] = { "version", "--output", "json", NULL };

	if (!run_cli(login, request, arguments))
		return false;
	request->timeout_ms = VERSION_MS;
	return true;
}

/* A version that cannot be read is treated as one that knows no option. */
static enum login_result
version_take(struct login *login, const struct credential_outcome *answer)
{
	struct json_object *object = printed_object(login, answer->result, "databricks");
	char text[64];

	snprintf(text, sizeof(text), "%lld.%lld.%lld", (long long)json_int(object, "Major", 0),
		 (long long)json_int(object, "Minor", 0), (long long)json_int(object, "Patch", 0));
	json_object_put(object);
	login_keep(&login->version, text);
	return LOGIN_NEXT;
}

static bool
version_least(const struct login *login, long long major, long long minor, long long patch)
{
	long long is[3] = { 0, 0, 0 };

	if (login->version != NULL)
		sscanf(login->version, "%lld.%lld.%lld", &is[0], &is[1], &is[2]);
	if (is[0] != major)
		return is[0] > major;
	return is[1] != minor ? is[1] > minor : is[2] >= patch;
}

static bool
token_ask(struct login *login, struct credential_request *request)
{
	const struct databricks *own = login->own;
	const bool profile = own->profile_named && version_least(login, 0, 207, 1);
	const char *arguments[] = { "auth",
				    "token",
				    profile ? "--profile" : "--host",
				    profile ? own->profile : own->url,
				    NULL,
				    NULL };

	if (version_least(login, 0, 296, 0)) /* else the answer may be an old token */
		arguments[4] = "--force-refresh";
	return run_cli(login, request, arguments);
}

/* Every scope of `list` is in `other`; offline_access is no permission. */
static bool
scopes_within(const char *list, const char *other)
{
	while (*list != '\0') {
		size_t len = strcspn(list, " ,");
		const char *at = other;
		bool found = len == 0 || (len == 14 && strncmp(list, "offline_access", len) == 0);

		while (!found && *at != '\0') {
			size_t n = strcspn(at, " ,");

			found = n == len && strncmp(at, list, len) == 0;
			at += n + (at[n] != '\0');
		}
		if (!found)
			return false;
		list += len + (list[len] != '\0');
	}
	return true;
}

/* The command takes no scopes: a token of another login would be used with the wrong ones. */
static bool
scopes_fit(const struct login *login, struct json_object *object)
{
	const char *wanted = databricks_value(login->own, A_SCOPES), *scope;
	const char *token = json_str(object, "access_token");
	struct json_object *claims;
	bool fit;

	if (wanted == NULL || token == NULL)
		return true;
	claims = login_claims(token);
	scope = json_str(claims, "scope");
	fit = scope == NULL || (scopes_within(scope, wanted) && scopes_within(wanted, scope));
	json_object_put(claims);
	return fit;
}

static enum login_result
printed_nothing(struct login *login, const struct child_result *result)
{
	char words[WORDS_MAX];

	words_of(result, words);
	if (result->end == CHILD_EXITED && result->status != 0 &&
	    strstr(words, "databricks OAuth is not") != NULL)
		return LOGIN_SKIP;
	if (result->end == CHILD_EXITED && result->status != 0) {
		return login_fail(login, MCP_E_UNAUTHENTICATED,
				  "databricks auth token ended with status %d: %s; log in with: "
				  "databricks auth login --host %.120s",
				  result->status, words, login->own->url);
	}
	if (result->end == CHILD_EXITED && databricks_value(login->own, A_AUTH_TYPE) == NULL)
		return LOGIN_SKIP;
	return LOGIN_FAILED;
}

static enum login_result
token_take(struct login *login, const struct credential_outcome *answer)
{
	struct json_object *object = printed_object(login, answer->result, "databricks auth token");
	enum login_result result;

	if (object == NULL)
		return printed_nothing(login, answer->result);
	if (!scopes_fit(login, object)) {
		json_object_put(object);
		login_fail(login, MCP_E_UNAUTHENTICATED,
			   "the token from \"databricks auth token\" has other scopes than the "
			   "configured ones; log in with: databricks auth login --scopes …");
		return databricks_value(login->own, A_AUTH_TYPE) != NULL ? LOGIN_FAILED
									 : LOGIN_SKIP;
	}
	/* The command also says expires_in, but the expiry is that of the cached token. */
	json_object_object_del(object, "expires_in");
	result =
	    login_take_token(login, LOGIN_TOKEN, object, "access_token", "databricks auth token");
	json_object_put(object);
	return result;
}

const struct login_stage login_cli_stages[] = {
	{ version_needed, version_ask, version_take },
	{ NULL, token_ask, token_take },
	{ NULL, NULL, NULL },
};

/* ---- az account get-access-token ------------------------------------------------------------- */

char *
login_az_missing(const struct databricks *own)
{
	char *path;

	if (azure_cloud_of(own) == NULL)
		return xstrdup("the workspace is not on Azure");
	path = child_find("az", databricks_ambient(own, "PATH"));
	if (path == NULL)
		return xstrdup("the program az is not in PATH");
	free(path);
	return NULL;
}

static bool
run_az(struct login *login, struct credential_request *request, const char *const *arguments)
{
	char *path = child_find("az", databricks_ambient(login->own, "PATH"));

	if (path == NULL)
		return login_refuse(login, "the program az is not in PATH any more");
	set_program(login, request, path);
	add_arguments(request, arguments);
	free(path);
	return true;
}

static const char *
tenant_of(const struct login *login)
{
	const char *tenant = databricks_value(login->own, A_AZURE_TENANT_ID);

	return tenant != NULL ? tenant : login->tenant;
}

/* A managed identity has one tenant, and the option for it is refused. */
static bool
show_needed(const struct login *login)
{
	return tenant_of(login) != NULL;
}

static bool
show_ask(struct login *login, struct credential_request *request)
{
	static const char *const arguments[] = { "account", "show", "--output", "json", NULL };

	return run_az(login, request, arguments);
}

static enum login_result
show_take(struct login *login, const struct credential_outcome *answer)
{
	struct json_object *object = printed_object(login, answer->result, "az account show");
	struct json_object *user = json_obj(object, "user");
	const char *type = json_str(user, "type"), *name = json_str(user, "name");

	login->managed_identity = type != NULL && name != NULL &&
				  strcmp(type, "servicePrincipal") == 0 &&
				  (strcmp(name, "systemAssignedIdentity") == 0 ||
				   strcmp(name, "userAssignedIdentity") == 0);
	login->plain = false;
	json_object_put(object);
	return LOGIN_NEXT;
}

/* "/subscriptions/ID/resourceGroups/…", for free(); NULL: none is known. */
static char *
subscription_of(const struct databricks *own)
{
	const char *id = databricks_value(own, A_AZURE_RESOURCE_ID);

	if (id == NULL || strncmp(id, "/subscriptions/", 15) != 0)
		return NULL;
	return xstrndup(id + 15, strcspn(id + 15, "/"));
}

static bool
ask_az(struct login *login, struct credential_request *request, const char *resource)
{
	const char *arguments[] = { "account", "get-access-token", "--resource",
				    resource,  "--output",	   "json",
				    NULL };
	char *subscription = login->plain ? NULL : subscription_of(login->own);

	if (!run_az(login, request, arguments)) {
		free(subscription);
		return false;
	}
	if (subscription != NULL) {
		strings_add(&request->command, "--subscription");
		strings_add(&request->command, subscription);
	}
	if (tenant_of(login) != NULL && !login->managed_identity) {
		strings_add(&request->command, "--tenant");
		strings_add(&request->command, tenant_of(login));
	}
	free(subscription);
	return true;
}

/* Somebody may have access to the workspace, but not to its subscription. */
static bool
worth_again(struct login *login, const struct child_result *result)
{
	char *subscription = subscription_of(login->own);
	bool again = subscription != NULL && !login->plain && result->end == CHILD_EXITED &&
		     result->status != 0;

	free(subscription);
	login->plain = login->plain || again;
	return again;
}

static bool
az_ask(struct login *login, struct credential_request *request)
{
	return ask_az(login, request, azure_cloud_of(login->own)->application);
}

static enum login_result
az_take(struct login *login, const struct credential_outcome *answer)
{
	static const char name[] = "az account get-access-token";
	struct json_object *object = printed_object(login, answer->result, name);
	enum login_result result;

	if (object == NULL && worth_again(login, answer->result))
		return LOGIN_AGAIN;
	if (object == NULL)
		return answer->result->end == CHILD_EXITED && answer->result->status == 0
			 ? LOGIN_FAILED
			 : LOGIN_SKIP;
	result = login_take_token(login, LOGIN_TOKEN, object, "accessToken", name);
	json_object_put(object);
	return result;
}

/* People have a "upn" claim. Service principals need the second token too. */
static bool
management_needed(const struct login *login)
{
	struct json_object *claims;
	bool person;

	if (login->token[LOGIN_TOKEN] == NULL)
		return false;
	claims = login_claims(login->token[LOGIN_TOKEN]);
	person = json_get(claims, "upn") != NULL;
	json_object_put(claims);
	return !person;
}

static bool
management_ask(struct login *login, struct credential_request *request)
{
	return ask_az(login, request, azure_cloud_of(login->own)->management);
}

/* The workspace decides whether the second token is really needed. */
static enum login_result
management_take(struct login *login, const struct credential_outcome *answer)
{
	static const char name[] = "az account get-access-token";
	struct json_object *object = printed_object(login, answer->result, name);

	if (object == NULL && worth_again(login, answer->result))
		return LOGIN_AGAIN;
	if (object != NULL)
		login_take_token(login, LOGIN_SECOND, object, "accessToken", name);
	json_object_put(object);
	return LOGIN_NEXT;
}

const struct login_stage login_az_stages[] = {
	LOGIN_TENANT_STAGE,	   { show_needed, show_ask, show_take },
	{ NULL, az_ask, az_take }, { management_needed, management_ask, management_take },
	{ NULL, NULL, NULL },
};
