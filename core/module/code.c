/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dlopen, and the comparison of descriptor and manifest. Everything that is read from the
 * descriptor is copied at once, with the length that its own minor version of the ABI has.
 */
#include "module/code.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lakehost/version.h>

#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/uri.h"
#include "run/run.h"
#include "config/permission.h"
#include "module/manifest.h"
#include "run/ops.h"
#include "run/requests.h"

#define NAME_MAX_BYTES 1024u /* the name of a row, for comparison */

#define ROW_SIZE_LEAST SIZE_1_0(mcp_row, answer)

struct check {
	struct code *code;
	struct json_object *manifest;
	char *why;
	size_t why_size;
};

__attribute__((format(printf, 2, 3))) static bool
differs(const struct check *check, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(check->why, check->why_size, format, args);
	va_end(args);
	return false;
}

/* ---- rows ----------------------------------------------------------------------------------- */

bool
code_request_parse(const char *request, char *method, size_t method_size, const char **path)
{
	const char *space = strchr(request, ' ');
	size_t len = space != NULL ? (size_t)(space - request) : 0;

	if (len == 0 || len >= method_size || space[1] != '/')
		return false;
	memcpy(method, request, len);
	method[len] = '\0';
	*path = space + 1;
	return strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len;
}

static bool
check_request(const struct check *check, const char *where, const struct mcp_row *row)
{
	const char *path, *why;
	char method[16];

	if (!code_request_parse(row->request, method, sizeof(method), &path))
		return differs(check, "the request of %s must be \"METHOD /path\"", where);
	why = uri_template_check(path);
	return why == NULL || differs(check, "the request of %s is not valid: %s", where, why);
}

/* Copies the operation; members that its minor version does not have become NULL. */
static bool
take_operation(const struct check *check, const char *where, struct mcp_row *row,
	       struct mcp_operation *copy)
{
	if (!struct_adopt(copy, sizeof(*copy), row->operation, SIZE_1_0(mcp_operation, answer)))
		return differs(check, "the operation of %s has the invalid size %u", where,
			       row->operation->size);
	if (copy->start == NULL || copy->poll == NULL)
		return differs(check,
			       "the operation of %s has no start function or no poll function",
			       where);
	row->operation = copy;
	return true;
}

static bool
check_code_row(const struct check *check, enum row_kind kind, const char *where,
	       struct mcp_row *row, struct mcp_operation *operation)
{
	int ways = (row->handler != NULL) + (row->operation != NULL) + (row->request != NULL);

	if (ways != 1)
		return differs(
		    check,
		    "%s has %d of the members handler, operation and request; exactly one is "
		    "required",
		    where, ways);
	if (row->operation != NULL && kind != ROW_TOOL)
		return differs(check, "%s is an operation, but only tools can be operations",
			       where);
	if (row->answer != NULL && row->request == NULL)
		return differs(check, "%s has an answer function, but no request", where);
	if (row->request != NULL)
		return check_request(check, where, row);
	return row->operation == NULL || take_operation(check, where, row, operation);
}

/* The tools that the host publishes for an operation run its poll and its cancel. */
static bool
check_task(const struct check *check, const char *where, const struct mcp_row *row,
	   struct json_object *json)
{
	struct json_object *task = json_get(json_obj(json, "lakehost"), "task");

	if (task == NULL || (json_object_is_type(task, json_type_string) &&
			     strcmp(json_object_get_string(task), "never") == 0))
		return true;
	if (row->operation == NULL)
		return differs(check,
			       "%s has lakehost.task in the manifest, but is not an operation",
			       where);
	return json_get(task, "cancel") == NULL || row->operation->cancel != NULL ||
	       differs(check,
		       "%s has lakehost.task.cancel in the manifest, but its operation has no "
		       "cancel function",
		       where);
}

static bool
copy_row(const struct check *check, enum row_kind kind, unsigned i, const struct mcp_rows *rows,
	 struct json_object *json)
{
	struct mcp_row *row = &check->code->row[kind][i];
	char expected[NAME_MAX_BYTES], where[96];
	const char *from = (const char *)rows->row + (size_t)i * rows->stride;

	memcpy(row, from, rows->stride < sizeof(*row) ? rows->stride : sizeof(*row));
	manifest_row_name(json, expected, sizeof(expected));
	if (row->name == NULL || strcmp(row->name, expected) != 0)
		return differs(
		    check, "%s[%u] is named \"%.64s\" in the code, but \"%.64s\" in the manifest",
		    manifest_kinds[kind], i, row->name ? row->name : "(none)", expected);
	snprintf(where, sizeof(where), "%s[%u] \"%.64s\"", manifest_kinds[kind], i, row->name);
	return check_code_row(check, kind, where, row,
			      kind == ROW_TOOL ? &check->code->operation[i] : NULL) &&
	       check_task(check, where, row, json);
}

static bool
copy_rows(const struct check *check, enum row_kind kind, const struct mcp_rows *rows)
{
	struct json_object *list = json_arr(check->manifest, manifest_kinds[kind]);
	size_t n = json_object_array_length(list);

	if (rows->count != n)
		return differs(check, "the code has %u %s, but the manifest has %zu", rows->count,
			       manifest_kinds[kind], n);
	if (n == 0)
		return true;
	if (rows->row == NULL || rows->stride < ROW_SIZE_LEAST ||
	    rows->stride % _Alignof(struct mcp_row) != 0)
		return differs(check, "the array of %s has the invalid stride %u",
			       manifest_kinds[kind], rows->stride);
	check->code->row[kind] = xcalloc(n, sizeof(struct mcp_row));
	if (kind == ROW_TOOL)
		check->code->operation = xcalloc(n, sizeof(struct mcp_operation));
	for (unsigned i = 0; i < n; i++)
		if (!copy_row(check, kind, i, rows, json_object_array_get_idx(list, i)))
			return false;
	return true;
}

/* ---- descriptor ----------------------------------------------------------------------------- */

static bool
same_text(const struct check *check, const char *key, const char *value)
{
	const char *expected = json_str(json_obj(check->manifest, "plugin"), key);

	if (value != NULL && strcmp(value, expected) == 0)
		return true;
	return differs(check, "the %s is \"%.64s\" in the code, but \"%.64s\" in the manifest", key,
		       value ? value : "(none)", expected);
}

static bool
check_code_abi(const struct check *check, const struct mcp_plugin *plugin)
{
	unsigned major = 0, minor = 0;

	manifest_abi_parse(json_str(json_obj(check->manifest, "plugin"), "abi"), &major, &minor);
	if (plugin->abi_major == major && plugin->abi_minor == minor)
		return true;
	return differs(check, "the ABI is %u.%u in the code, but %u.%u in the manifest",
		       plugin->abi_major, plugin->abi_minor, major, minor);
}

static bool
copy_descriptor(const struct check *check, const struct mcp_plugin *from)
{
	struct mcp_plugin *plugin = &check->code->descriptor;

	if (!struct_adopt(plugin, sizeof(*plugin), from, SIZE_1_0(mcp_plugin, stop)))
		return differs(check, "the descriptor has %u bytes, but must have at least %zu",
			       from->size, SIZE_1_0(mcp_plugin, stop));
	if (!check_code_abi(check, from))
		return false;
	return same_text(check, "name", plugin->name) &&
	       same_text(check, "version", plugin->version) &&
	       copy_rows(check, ROW_TOOL, &plugin->tools) &&
	       copy_rows(check, ROW_RESOURCE, &plugin->resources) &&
	       copy_rows(check, ROW_TEMPLATE, &plugin->templates) &&
	       copy_rows(check, ROW_PROMPT, &plugin->prompts) &&
	       copy_rows(check, ROW_COMPLETION, &plugin->completions);
}

/* A request that the manifest does not list can never work, so the plugin is refused at once.
 * Requests that the operator removed fail when they are made. */
static bool
request_listed(struct check *check, const struct strings *permissions, const struct mcp_row *row)
{
	const char *path;
	char method[16];

	if (row->request == NULL ||
	    !code_request_parse(row->request, method, sizeof(method), &path) ||
	    permission_allows(permissions, method, path))
		return true;
	return differs(
	    check, "\"%s\" sends %s, but the permissions in the manifest do not list this request",
	    row->name, row->request);
}

static bool
rows_listed(struct check *check, const struct strings *permissions, enum row_kind kind)
{
	struct json_object *rows = json_arr(check->manifest, manifest_kinds[kind]);

	for (size_t i = 0; rows != NULL && i < json_object_array_length(rows); i++)
		if (!request_listed(check, permissions, &check->code->row[kind][i]))
			return false;
	return true;
}

static bool
requests_listed(struct check *check)
{
	struct json_object *list = json_arr(json_obj(check->manifest, "plugin"), "permissions");
	size_t n = list != NULL ? json_object_array_length(list) : 0;
	struct strings permissions = { xcalloc(n + 1, sizeof(char *)), n };
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		permissions.item[i] =
		    (char *)(uintptr_t)json_object_get_string(json_object_array_get_idx(list, i));
	for (int kind = 0; ok && kind < ROW_KINDS; kind++)
		ok = rows_listed(check, &permissions, (enum row_kind)kind);
	free(permissions.item);
	return ok;
}

enum plugin_refusal
code_open(struct code *code, int fd, struct json_object *manifest, char *why, size_t why_size)
{
	struct check check = { code, manifest, why, why_size };
	const struct mcp_plugin *plugin;
	char path[32];
	void *object;

	CHECK(code->state == CODE_NONE && fd >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (object == NULL) {
		differs(&check, "%s", dlerror());
		return PLUGIN_DLOPEN;
	}
	code->state = CODE_LOADED;
	code->object = object;
	plugin = dlsym(object, "mcp_plugin");
	if (plugin == NULL) {
		differs(&check, "the plugin must export the data symbol mcp_plugin");
		return PLUGIN_NO_SYMBOL;
	}
	if (!copy_descriptor(&check, plugin))
		return PLUGIN_DESCRIPTOR;
	return requests_listed(&check) ? PLUGIN_OK : PLUGIN_PERMISSIONS;
}

enum plugin_refusal
code_adopt(struct code *code, const struct mcp_plugin *plugin, struct json_object *manifest,
	   char *why, size_t why_size)
{
	struct check check = { code, manifest, why, why_size };

	return copy_descriptor(&check, plugin) ? PLUGIN_OK : PLUGIN_DESCRIPTOR;
}

/* ---- life ----------------------------------------------------------------------------------- */

static const struct code *
code_of(const struct mcp_host *host)
{
	return (const struct code *)((const char *)host - offsetof(struct code, host));
}

static void
host_log(const struct mcp_host *host, enum mcp_level level, const char *message)
{
	const struct code *code;

	if (host == NULL)
		return;
	code = code_of(host);
	if (message == NULL)
		message = "the plugin logged a message that is NULL";
	code->services->log(code->owner, run_level(level), message, strnlen(message, CODE_LOG_MAX));
}

static void
host_changed(const struct mcp_host *host, const char *what)
{
	if (host == NULL)
		return;
	if (run_can_change(what))
		code_of(host)->services->changed(code_of(host)->owner, what);
	else
		host_log(host, MCP_LOG_ERROR,
			 "the plugin reported a change of something other than tools, resources or "
			 "prompts");
}

static void
host_updated(const struct mcp_host *host, const char *uri)
{
	if (host == NULL)
		return;
	if (uri != NULL && strnlen(uri, CODE_URI_MAX + 1) <= CODE_URI_MAX)
		code_of(host)->services->updated(code_of(host)->owner, uri);
	else
		host_log(
		    host, MCP_LOG_ERROR,
		    "the plugin reported a change of a resource whose URI is NULL or too long");
}

/* A plugin may start threads of its own. They must not receive the signals that the host waits for.
 * The signals of a thread's own faults cannot be blocked. */
static void
block_signals(sigset_t *before)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT };
	sigset_t all;

	sigfillset(&all);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		sigdelset(&all, faults[i]);
	pthread_sigmask(SIG_SETMASK, &all, before);
}

static bool
run_start(struct code *code, char *why, size_t why_size)
{
	sigset_t before;
	bool ok;

	why[0] = '\0';
	block_signals(&before);
	ok = code->descriptor.start(&code->host, &code->self, why, why_size) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	why[why_size - 1] = '\0';
	return ok;
}

enum plugin_refusal
code_start(struct code *code, const char *options, const struct code_services *services,
	   void *owner, char *why, size_t why_size)
{
	CHECK(code->state == CODE_LOADED);
	code->services = services;
	code->owner = owner;
	code->host = (struct mcp_host){
		.size = sizeof(code->host),
		.abi_major = MCP_ABI_MAJOR,
		.abi_minor = MCP_ABI_MINOR,
		.version = LAKEHOST_VERSION,
		.options = options,
		.log = host_log,
		.changed = host_changed,
		.updated = host_updated,
	};
	if (code->descriptor.start != NULL && !run_start(code, why, why_size))
		return PLUGIN_START;
	code->state = CODE_STARTED;
	return PLUGIN_OK;
}

void
code_fini(struct code *code)
{
	if (code->state == CODE_STARTED && code->descriptor.stop != NULL)
		code->descriptor.stop(code->self);
	for (size_t kind = 0; kind < ROW_KINDS; kind++)
		free(code->row[kind]);
	free(code->operation);
	*code = (struct code){ 0 };
}

bool
code_unmap(void *object, int fd)
{
	char path[32];
	void *still;

	dlclose(object);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	still = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
	if (still != NULL)
		dlclose(still);
	return still == NULL;
}

const struct mcp_row *
code_row(const struct code *code, struct json_object *manifest, enum row_kind kind, unsigned index)
{
	struct json_object *list = json_arr(manifest, manifest_kinds[kind]);

	if (code->row[kind] == NULL || index >= json_object_array_length(list))
		return NULL;
	return &code->row[kind][index];
}
