/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the configuration: a file, then after the byte 1 one --set. The result is a configuration
 * or a fault, never both, and its values are within bounds. The same bytes are also read as
 * .databrickscfg and as a host. */
#include "fuzz.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/uri.h"
#include "base/url.h"
#include "config/faults.h"
#include "upstream/databricks/host.h"
#include "upstream/databricks/profile.h"
#include "upstream/generic/generic.h"
#include "upstream/upstream.h"

/* libconfig 1.5 does not free the texts that it has read before a syntax error, so each refused
 * file leaks some memory. All other leaks are reported. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\nleak:libconfig_yylex\n";
}

/* Checks that nothing follows the host, except the path with which all requests begin. */
static bool
base_path(const char *rest)
{
	return *rest == '\0' || (uri_path_check(rest) == NULL && rest[strlen(rest) - 1] != '/' &&
				 strchr(rest, '?') == NULL);
}

static bool
needs_secret(const struct config_upstream *upstream)
{
	return upstream->kind != &upstream_generic ||
	       ((const struct generic *)upstream->own)->method != GENERIC_NONE;
}

static void
check_config(const struct config *config)
{
	const struct config_upstream *workspace = config_upstream(config, "workspace");
	struct url url;

	PROMISE(workspace != NULL && workspace->auth_why != NULL);
	PROMISE(workspace->url == NULL || url_split(workspace->url, &url) == NULL);
	PROMISE(workspace->url == NULL || base_path(url.rest));
	PROMISE((workspace->secret != NULL) ==
		(workspace->auth_type != NULL && needs_secret(workspace)));
	PROMISE(config->server.stdio || config->server.listeners > 0);
	PROMISE(config->server.workers >= 1 && config->server.workers <= 1024);
	PROMISE(config->server.endpoint[0] == '/');
	for (size_t i = 0; i < config->server.listeners; i++)
		PROMISE(config->server.listener[i].kind != LISTEN_TCP ||
			url_host_loopback(config->server.listener[i].host));
	for (size_t i = 0; i < config->plugins.count; i++)
		PROMISE(json_gate(config->plugins.plugin[i].options,
				  strlen(config->plugins.plugin[i].options), &json_inbound,
				  NULL) == NULL);
}

static void
check_file(char *text)
{
	struct config_source source = { .name = "fuzz.conf", .text = text, .mode = 0644 };
	struct config_overrides overrides = { 0 };
	struct config_faults faults = { 0 };
	const char *set = strchr(text, '\1');
	struct config *config;

	if (set != NULL) {
		text[set++ - text] = '\0';
		overrides.set = &set;
		overrides.sets = 1;
	}
	config = config_from(&source, &overrides, upstream_load, &faults);
	PROMISE((config == NULL) == (faults.count > 0));
	for (size_t i = 0; i < faults.count; i++)
		PROMISE(faults.line[i][0] != '\0');
	if (config != NULL)
		check_config(config);
	config_free(config);
	config_faults_fini(&faults);
}

static void
check_profile(const char *text)
{
	struct databricks_profile profile;
	char *url, *id;
	struct url split;

	free(databricks_profile_names(text));
	free(databricks_profile_read(text, NULL, &profile));
	PROMISE(profile.name != NULL && (profile.keys || profile.value[A_TOKEN] == NULL));
	databricks_profile_fini(&profile);
	if (databricks_host(text, &url, &id) == NULL)
		PROMISE(url_split(url, &split) == NULL && base_path(split.rest));
	free(url);
	free(id);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text;

	if (len > 65536)
		return 0;
	text = xstrndup((const char *)data, len);
	check_profile(text);
	check_file(text);
	free(text);
	return 0;
}
