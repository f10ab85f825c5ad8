/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's settings for a plugin, checked with its manifest: options must match their schema,
 * and some come from the environment when they are not configured. Permissions can be removed but
 * not added. The upstream must be of the kind that the plugin was written for. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "config/permission.h"
#include "config/text.h"
#include "module/code.h"
#include "module/manifest.h"
#include "plugin/plugin.h"
#include "registry/schema.h"
#include "upstream/upstream.h"

#define OPTIONS_BYTES_MAX (256u << 10)
#define SENTENCE_MAX 400u

static const char *
where(const struct plugin *plugin)
{
	return plugin->config != NULL && plugin->config->where != NULL ? plugin->config->where
								       : "default options";
}

/* The sources of a plugin's options, besides the environment. */
static const char *
or_set(const struct plugin *plugin)
{
	return plugin->config != NULL && plugin->config->set.count > 0 ? " or --set" : "";
}

/* ---- options -------------------------------------------------------------------------------- */

/* Fills options that are not configured from the environment variables that the manifest names. */
static void
fill_from_environment(const struct plugin *plugin, struct json_object *options)
{
	struct json_object *properties = json_obj(json_obj(plugin->head, "options"), "properties");
	struct json_object_iter member;

	if (properties == NULL)
		return;
	json_object_object_foreachC(properties, member) {
		const char *name = json_str(member.val, "env");
		const char *value = name != NULL ? getenv(name) : NULL;

		if (value != NULL && value[0] != '\0' &&
		    !json_object_object_get_ex(options, member.key, NULL))
			json_object_object_add(options, member.key, json_object_new_string(value));
	}
}

/* The value of KEY in a list of "KEY=VALUE", or NULL. */
static const char *
value_in(const struct strings *list, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < list->count; i++)
		if (strncmp(list->item[i], key, len) == 0 && list->item[i][len] == '=')
			return list->item[i] + len + 1;
	return NULL;
}

/* The place where the operator wrote this option, for free(). NULL as option: the place of all
 * options. */
static char *
option_where(const struct plugin *plugin, const char *option)
{
	const struct config_plugin *config = plugin->config;
	const char *place = NULL;

	if (config != NULL && option != NULL && value_in(&config->set, option) != NULL)
		return xprintf("--set plugins.%s.options.%s", plugin->name, option);
	if (config != NULL && option != NULL)
		place = value_in(&config->option_places, option);
	return place != NULL ? xstrdup(place) : xprintf("%s%s", where(plugin), or_set(plugin));
}

static bool
prepare_options(struct plugin *plugin, const struct schema *schema, struct json_object *options)
{
	const char *first = NULL;
	char *place;
	struct buf why, text;
	bool ok;

	buf_init_keeping(&why, SENTENCE_MAX);
	ok = schema_prepare_options(schema, options, &why, &first);
	for (char *end = strchr(why.data, '\n'); end != NULL; end = strchr(end, '\n'))
		*end = ';'; /* because a refusal is one line */
	if (!ok) {
		place = option_where(plugin, first);
		refusal_set(&plugin->refusal, PLUGIN_OPTIONS, "%s: %s", place, why.data);
		free(place);
	}
	buf_fini(&why);
	if (!ok)
		return false;
	buf_init(&text, OPTIONS_BYTES_MAX);
	buf_json_tree(&text, options);
	ok = buf_ok(&text);
	if (ok)
		plugin->options = xstrndup(text.data, text.len);
	else
		refusal_set(&plugin->refusal, PLUGIN_OPTIONS,
			    "%s%s: the options have more than %u bytes", where(plugin),
			    or_set(plugin), OPTIONS_BYTES_MAX);
	buf_fini(&text);
	return ok;
}

/* On the command line a list is comma-separated; a list in brackets is JSON. */
static struct json_object *
option_of_text(struct json_object *schema, const char *text)
{
	const char *type = json_str(schema, "type");
	struct json_object *list;

	if (type == NULL || strcmp(type, "array") != 0 || *text == '[')
		return json_object_new_string(text);
	list = json_object_new_array();
	for (size_t len; *text != '\0'; text += len + (text[len] == ',')) {
		len = strcspn(text, ",");
		json_object_array_add(list, json_object_new_string_len(text, (int)len));
	}
	return list;
}

/* --set plugins.NAME.options.KEY=VALUE has priority over the file. The schema converts texts to the
 * right type, and refuses an unknown key. */
static void
apply_set(const struct plugin *plugin, struct json_object *options)
{
	struct json_object *properties = json_obj(json_obj(plugin->head, "options"), "properties");

	for (size_t i = 0; plugin->config != NULL && i < plugin->config->set.count; i++) {
		const char *pair = plugin->config->set.item[i], *equals = strchr(pair, '=');
		char *key = xstrndup(pair, (size_t)(equals - pair));

		json_object_object_add(options, key,
				       option_of_text(json_obj(properties, key), equals + 1));
		free(key);
	}
}

static bool
configure_options(struct plugin *plugin)
{
	const char *text = plugin->config != NULL ? plugin->config->options : NULL, *reason = "";
	struct json_object *options;
	struct schema *schema;
	char why[REFUSAL_WHY_MAX / 2];
	size_t at;
	bool ok;

	schema = schema_compile(json_obj(plugin->head, "options"), why, sizeof(why));
	if (schema == NULL)
		return refusal_set(&plugin->refusal, PLUGIN_BAD_MANIFEST, "plugin.options: %s",
				   why);
	options = text != NULL ? json_parse(text, strlen(text), &json_inbound, &reason, &at)
			       : json_object_new_object();
	if (options == NULL)
		ok = refusal_set(&plugin->refusal, PLUGIN_OPTIONS, "%s: %s", where(plugin), reason);
	else {
		apply_set(plugin, options);
		fill_from_environment(plugin, options);
		ok = prepare_options(plugin, schema, options);
	}
	json_object_put(options);
	schema_free(schema);
	return ok;
}

/* ---- permissions ---------------------------------------------------------------------------- */

static void
grant(struct strings *permissions, const char *permission)
{
	permissions->item =
	    xrealloc(permissions->item, (permissions->count + 1) * sizeof(*permissions->item));
	permissions->item[permissions->count++] = xstrdup(permission);
}

static bool
grant_wanted(struct plugin *plugin, struct strings *wanted)
{
	struct json_object *list = json_arr(plugin->head, "permissions");

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *item = json_object_get_string(json_object_array_get_idx(list, i));
		const char *why = permission_check(item);

		if (why != NULL)
			return refusal_set(&plugin->refusal, PLUGIN_BAD_MANIFEST,
					   "plugin.permissions[%zu] \"%.80s\": %s", i, item, why);
		grant(wanted, item);
	}
	return true;
}

static bool
narrow(struct plugin *plugin, const struct strings *wanted, const struct strings *granted)
{
	for (size_t i = 0; i < granted->count; i++) {
		const char *item = granted->item[i], *why = permission_check(item), *path;
		char method[16];

		if (why != NULL)
			return refusal_set(&plugin->refusal, PLUGIN_PERMISSIONS,
					   "%s: \"%.80s\": %s", where(plugin), item, why);
		if (!strings_have(wanted, item) &&
		    (!code_request_parse(item, method, sizeof(method), &path) ||
		     !permission_allows(wanted, method, path)))
			return refusal_set(
			    &plugin->refusal, PLUGIN_PERMISSIONS,
			    "%s: \"%.80s\" is not in its manifest; the configuration can remove "
			    "permissions, but not add any",
			    where(plugin), item);
		grant(&plugin->permissions, item);
	}
	return true;
}

static bool
configure_permissions(struct plugin *plugin)
{
	struct strings wanted = { NULL, 0 };
	bool ok = grant_wanted(plugin, &wanted);

	if (ok && plugin->config != NULL && plugin->config->narrowed) {
		ok = narrow(plugin, &wanted, &plugin->config->permissions);
		strings_fini(&wanted);
	} else {
		plugin->permissions = wanted;
	}
	return ok;
}

/* ---- upstream ------------------------------------------------------------------------------- */

/* An upstream that is not configured is no reason to refuse the plugin: each call reports what is
 * missing. */
static bool
configure_upstream(struct plugin *plugin, const struct config *config)
{
	const struct manifest_upstream wanted = manifest_upstream(plugin->head);
	const struct config_upstream *upstream;

	plugin->upstream = plugin->config != NULL && plugin->config->upstream != NULL
			     ? plugin->config->upstream
			     : wanted.role;
	upstream = config_upstream(config, plugin->upstream);
	if (upstream == NULL || plugin->permissions.count == 0 ||
	    strcmp(upstream->kind->name, wanted.kind) == 0)
		return true;
	return refusal_set(&plugin->refusal, PLUGIN_UPSTREAM,
			   "%s: the plugin needs an upstream of kind \"%s\", but the kind of "
			   "upstreams.%s is \"%s\"",
			   where(plugin), wanted.kind, upstream->role, upstream->kind->name);
}

bool
plugin_configure(struct plugin *plugin, const struct config *config)
{
	if (!configure_options(plugin) || !configure_permissions(plugin) ||
	    !configure_upstream(plugin, config) || !plugin_rename(plugin))
		return false;
	plugin_add_workspaces(plugin, config);
	plugin_offer(plugin);
	return true;
}
