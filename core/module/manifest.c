/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structure of a manifest: its members, their types, and which are required. An unknown member
 * is an error, because it is most often a misspelled one.
 */
#include "module/manifest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 1024u /* most bytes of a text for operators */
#define ENV_MAX 64u

const struct json_limits manifest_limits = {
	.bytes = MANIFEST_BYTES_MAX,
	.depth = 64,
	.members = 200000,
	.number = 64,
};

const char *const manifest_kinds[MANIFEST_KINDS] = { "tools", "resources", "templates", "prompts",
						     "completions" };

struct report {
	char *why;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static bool
bad(struct report *report, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(report->why, report->size, format, args);
	va_end(args);
	return false;
}

static bool
consists_of(const char *text, const char *allowed)
{
	return text[strspn(text, allowed)] == '\0';
}

bool
manifest_name_valid(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= MANIFEST_NAME_MAX && name[0] != '-' && name[0] != '_' &&
	       consists_of(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
}

static bool
env_name_valid(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= ENV_MAX && !(name[0] >= '0' && name[0] <= '9') &&
	       consists_of(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

bool
manifest_abi_parse(const char *text, unsigned *major, unsigned *minor)
{
	int end = -1;

	return strlen(text) <= 7 && consists_of(text, "0123456789.") &&
	       sscanf(text, "%u.%u%n", major, minor, &end) == 2 && end > 0 && text[end] == '\0';
}

/* ---- the members of "plugin" ---------------------------------------------------------------- */

static bool
check_name(const char *key, struct json_object *value, struct report *report)
{
	const char *name = json_object_get_string(value);

	return manifest_name_valid(name) ||
	       bad(report, "plugin.%s: \"%.40s\" must have 1 to %u characters of a-z, 0-9, _ and -",
		   key, name, MANIFEST_NAME_MAX);
}

static bool
check_text(const char *key, struct json_object *value, struct report *report)
{
	const char *text = json_object_get_string(value);
	size_t len = (size_t)json_object_get_string_len(value);

	if (len == 0 || len > TEXT_MAX)
		return bad(report, "plugin.%s: must have 1 to %u bytes", key, TEXT_MAX);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return bad(report, "plugin.%s: contains a control character", key);
	return true;
}

static bool
check_abi(const char *key, struct json_object *value, struct report *report)
{
	unsigned major, minor;

	return manifest_abi_parse(json_object_get_string(value), &major, &minor) ||
	       bad(report, "plugin.%s: must be MAJOR.MINOR", key);
}

static bool
check_env(const char *key, struct json_object *value, struct report *report)
{
	return env_name_valid(json_object_get_string(value)) ||
	       bad(report, "plugin.%s: must be the name of an environment variable", key);
}

static bool
check_probe(const char *key, struct json_object *value, struct report *report)
{
	const char *probe = json_object_get_string(value);

	if (!check_text(key, value, report))
		return false;
	return (strncmp(probe, "GET /", 5) == 0 && strpbrk(probe + 5, " {}") == NULL) ||
	       bad(report, "plugin.%s: must be \"GET /path?query\"", key);
}

static bool
check_permissions(const char *key, struct json_object *value, struct report *report)
{
	size_t n = json_object_array_length(value);

	if (n > MANIFEST_ROWS_MAX)
		return bad(report, "plugin.%s: has more than %u entries", key, MANIFEST_ROWS_MAX);
	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(value, i);

		if (!json_object_is_type(item, json_type_string) ||
		    (strstr(json_object_get_string(item), " /") == NULL &&
		     strstr(json_object_get_string(item), " link") == NULL))
			return bad(report,
				   "plugin.%s[%zu]: must be \"METHOD /path\" or \"METHOD link\"",
				   key, i);
	}
	return true;
}

/* Which environment variables may fill an option: only those with the id or name of an object. It
 * must not be a credential (AWS_ACCESS_KEY_ID), which a plugin must not see. */
static bool
option_env_valid(const char *name)
{
	static const char *const secret[] = { "TOKEN", "SECRET", "PASS",      "KEY",
					      "CRED",  "CLIENT", "ASSERTION", "AUTH" };
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		if (strstr(name, secret[i]) != NULL)
			return false;
	return env_name_valid(name) && ((len > 3 && strcmp(name + len - 3, "_ID") == 0) ||
					(len > 5 && strcmp(name + len - 5, "_NAME") == 0));
}

/* "env" of an option: the environment variable whose value is used when the option is not
 * configured. */
static bool
check_option_env(const char *name, struct json_object *option, struct report *report)
{
	struct json_object *env;
	const char *type = json_str(option, "type");

	if (!json_object_is_type(option, json_type_object) ||
	    !json_object_object_get_ex(option, "env", &env))
		return true;
	if (type == NULL || strcmp(type, "string") != 0)
		return bad(
		    report,
		    "plugin.options.%.40s: \"env\" is allowed only for options of type string",
		    name);
	return (json_object_is_type(env, json_type_string) &&
		option_env_valid(json_object_get_string(env))) ||
	       bad(report,
		   "plugin.options.%.40s: \"env\" must be the name of an environment variable "
		   "that ends in _ID or _NAME and cannot be a credential",
		   name);
}

static bool
check_options(const char *key, struct json_object *value, struct report *report)
{
	struct json_object *properties = json_obj(value, "properties");
	const char *type = json_str(value, "type");
	struct json_object_iter member;

	if (properties != NULL)
		json_object_object_foreachC(properties, member)
			if (!check_option_env(member.key, member.val, report))
				return false;
	if (type == NULL || strcmp(type, "object") != 0)
		return bad(report, "plugin.%s: must be a JSON Schema of type object", key);
	/* This makes a misspelled option an error; otherwise it would be ignored. */
	return !json_flag(value, "additionalProperties", true) ||
	       bad(report, "plugin.%s: must contain \"additionalProperties\": false", key);
}

#define GENERIC "generic"
#define DATABRICKS "databricks"
#define WORKSPACE "workspace"

struct manifest_upstream
manifest_upstream(struct json_object *plugin)
{
	struct json_object *upstream = json_obj(plugin, "upstream");
	struct manifest_upstream found = { json_str(upstream, "kind"), json_str(upstream, "role") };

	if (found.kind == NULL)
		found.kind = DATABRICKS;
	if (found.role == NULL)
		found.role = WORKSPACE;
	return found;
}

static bool
check_upstream(const char *key, struct json_object *value, struct report *report)
{
	const char *kind = json_str(value, "kind"), *role = json_str(value, "role");
	struct json_object_iter member;

	json_object_object_foreachC(value, member)
		if (strcmp(member.key, "kind") != 0 && strcmp(member.key, "role") != 0)
			return bad(report, "plugin.%s.%.40s: is not a known member", key,
				   member.key);
	if (kind == NULL || (strcmp(kind, GENERIC) != 0 && strcmp(kind, DATABRICKS) != 0))
		return bad(report, "plugin.%s.kind: must be \"" DATABRICKS "\" or \"" GENERIC "\"",
			   key);
	if (role == NULL && strcmp(kind, GENERIC) == 0)
		return bad(
		    report,
		    "plugin.%s.role: is missing; it must name the group in \"upstreams\" that "
		    "describes the service",
		    key);
	return role == NULL || manifest_name_valid(role) ||
	       bad(report, "plugin.%s.role: must have 1 to %u characters of a-z, 0-9, _ and -", key,
		   MANIFEST_NAME_MAX);
}

static const struct member {
	const char *key;
	enum json_type type;
	bool required;
	bool (*check)(const char *key, struct json_object *value, struct report *report);
} members[] = {
	{ "name", json_type_string, true, check_name },
	{ "version", json_type_string, true, check_text },
	{ "vendor", json_type_string, true, check_text },
	{ "summary", json_type_string, true, check_text },
	{ "abi", json_type_string, true, check_abi },
	{ "permissions", json_type_array, true, check_permissions },
	{ "options", json_type_object, true, check_options },
	{ "default", json_type_boolean, true, NULL },
	{ "in_all", json_type_boolean, true, NULL },
	{ "upstream", json_type_object, false, check_upstream },
	{ "enable_env", json_type_string, false, check_env },
	{ "warn", json_type_string, false, check_text },
	{ "probe", json_type_string, false, check_probe },
};

static const struct member *
member_find(const char *key)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (strcmp(members[i].key, key) == 0)
			return &members[i];
	return NULL;
}

static bool
check_plugin(struct json_object *plugin, struct report *report)
{
	struct json_object_iter at;

	if (plugin == NULL)
		return bad(report, "plugin: must be an object");
	json_object_object_foreachC(plugin, at) {
		const struct member *member = member_find(at.key);

		if (member == NULL)
			return bad(report, "plugin.%.40s: is not a known member", at.key);
		if (json_object_get_type(at.val) != member->type)
			return bad(report, "plugin.%s: must be of type %s", at.key,
				   json_type_to_name(member->type));
		if (member->check != NULL && !member->check(at.key, at.val, report))
			return false;
	}
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (members[i].required && json_get(plugin, members[i].key) == NULL)
			return bad(report, "plugin.%s: is missing", members[i].key);
	return true;
}

/* ---- rows ----------------------------------------------------------------------------------- */

static bool
has_text(struct json_object *row, const char *key)
{
	const char *text = json_str(row, key);

	return text != NULL && text[0] != '\0' &&
	       strlen(text) == (size_t)json_object_get_string_len(json_get(row, key));
}

static bool
check_completion(struct json_object *row, size_t i, struct report *report)
{
	struct json_object *ref = json_obj(row, "ref");
	const char *type = json_str(ref, "type");

	if (type == NULL || !((strcmp(type, "ref/prompt") == 0 && has_text(ref, "name")) ||
			      (strcmp(type, "ref/resource") == 0 && has_text(ref, "uri"))))
		return bad(report,
			   "completions[%zu].ref: must name a prompt or a template of the plugin",
			   i);
	if (!has_text(row, "argument"))
		return bad(report, "completions[%zu].argument: is missing", i);
	return true;
}

static bool
is_listed(struct json_object *permissions, const char *request)
{
	for (size_t i = 0; i < json_object_array_length(permissions); i++) {
		const char *item =
		    json_object_get_string(json_object_array_get_idx(permissions, i));

		if (item != NULL && strcmp(item, request) == 0)
			return true;
	}
	return false;
}

/* A tool can need only permissions that its plugin has. */
static bool
check_requests(struct json_object *manifest, struct report *report)
{
	struct json_object *permissions = json_arr(json_obj(manifest, "plugin"), "permissions");
	struct json_object *tools = json_arr(manifest, "tools");

	for (size_t i = 0; i < json_object_array_length(tools); i++) {
		struct json_object *tool = json_object_array_get_idx(tools, i);
		struct json_object *list = json_arr(json_obj(tool, "lakehost"), "requests");

		for (size_t k = 0; list != NULL && k < json_object_array_length(list); k++) {
			const char *request =
			    json_object_get_string(json_object_array_get_idx(list, k));

			if (request == NULL || !is_listed(permissions, request))
				return bad(report,
					   "tool %.64s: lakehost.requests[%zu] is not one of the "
					   "plugin's permissions",
					   json_str(tool, "name"), k);
		}
	}
	return true;
}

static bool
check_row(const char *kind, struct json_object *row, size_t i, struct report *report)
{
	const char *uri = NULL;

	if (!json_object_is_type(row, json_type_object))
		return bad(report, "%s[%zu]: must be an object", kind, i);
	if (strcmp(kind, "completions") == 0)
		return check_completion(row, i, report);
	if (!has_text(row, "name"))
		return bad(report, "%s[%zu].name: must be a string that is not empty", kind, i);
	if (strcmp(kind, "resources") == 0)
		uri = "uri";
	else if (strcmp(kind, "templates") == 0)
		uri = "uriTemplate";
	if (uri != NULL && !has_text(row, uri))
		return bad(report, "%s[%zu].%s: must be a string that is not empty", kind, i, uri);
	/* The host stores the original name here when the operator renames a row. A vendor could
	 * use it to take the name of another row. */
	return json_get(json_obj(row, "lakehost"), "former") == NULL ||
	       bad(report, "%s[%zu].lakehost.former: is not allowed in a manifest", kind, i);
}

static bool
check_rows(const char *kind, struct json_object *rows, struct report *report)
{
	size_t n;

	if (rows == NULL)
		return bad(report, "%s: must be an array", kind);
	n = json_object_array_length(rows);
	if (n > MANIFEST_ROWS_MAX)
		return bad(report, "%s: has more than %u entries", kind, MANIFEST_ROWS_MAX);
	for (size_t i = 0; i < n; i++)
		if (!check_row(kind, json_object_array_get_idx(rows, i), i, report))
			return false;
	return true;
}

static bool
is_kind(const char *key)
{
	for (size_t i = 0; i < MANIFEST_KINDS; i++)
		if (strcmp(manifest_kinds[i], key) == 0)
			return true;
	return false;
}

bool
manifest_check(struct json_object *manifest, char *why, size_t why_size)
{
	struct report report = { why, why_size };
	struct json_object_iter at;

	if (!json_object_is_type(manifest, json_type_object))
		return bad(&report, "the manifest is not an object");
	if (!check_plugin(json_obj(manifest, "plugin"), &report))
		return false;
	json_object_object_foreachC(manifest, at) {
		if (strcmp(at.key, "plugin") != 0 && !is_kind(at.key))
			return bad(&report, "%.40s: is not a known member", at.key);
	}
	for (size_t i = 0; i < MANIFEST_KINDS; i++)
		if (!check_rows(manifest_kinds[i], json_arr(manifest, manifest_kinds[i]), &report))
			return false;
	return check_requests(manifest, &report);
}

bool
manifest_row_named(struct json_object *row, const char *name, size_t len)
{
	struct json_object *task = json_obj(json_obj(row, "lakehost"), "task");
	const char *const names[] = { json_str(row, "name"), json_str(task, "result"),
				      json_str(task, "cancel") };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i] != NULL && strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return true;
	return false;
}

void
manifest_row_name(struct json_object *row, char *name, size_t size)
{
	struct json_object *ref = json_obj(row, "ref");
	const char *what = json_str(ref, "name");

	if (ref == NULL) {
		snprintf(name, size, "%s", json_str(row, "name"));
		return;
	}
	if (what == NULL)
		what = json_str(ref, "uri");
	snprintf(name, size, "%s %s", what, json_str(row, "argument"));
}
