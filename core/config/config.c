/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_load(): finds the file, reads each group, then the files of the plugins. Faults are
 * collected; with at least one fault there is no configuration.
 */
#include "config/config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/audit.h"
#include "config/auth.h"
#include "config/faults.h"
#include "config/limits.h"
#include "config/metrics.h"
#include "config/place.h"
#include "config/plugins.h"
#include "config/policy.h"
#include "config/file.h"
#include "config/server.h"
#include "config/text.h"
#include "config/value.h"

static const char *const level_words[] = { "debug", "info", "notice", "warning", "error", NULL };
static const char *const format_words[] = { "auto", "json", "text", NULL };

static const char *const on_cancel_words[] = { "client", "stop", "leave", NULL };

static void
read_operations(struct config *config, const struct node *root)
{
	struct node operations = node_group(root, "operations");

	config->on_cancel =
	    (enum on_cancel)node_word(&operations, "on_cancel", on_cancel_words, ON_CANCEL_CLIENT);
}

__attribute__((format(printf, 2, 3))) static void
add_warning(struct config *config, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	strings_vprintf(&config->warnings, format, args);
	va_end(args);
}

/* Sets the log level. The first source that is set is used: --log-level, --set, LOG_LEVEL, the
 * file. */
static void
read_log(struct config *config, const struct node *root, const struct config_overrides *overrides)
{
	struct node log = node_group(root, "log");
	bool set = reader_find_override(&log, "level") != NULL;
	size_t level = node_word(&log, "level", level_words, LOG_INFO);
	size_t format = node_word(&log, "format", format_words, 0);
	const char *env = getenv("LOG_LEVEL");

	config->log.level = (enum log_level)level;
	config->log.text = format == 2 || (format == 0 && isatty(STDERR_FILENO) == 1);
	if (overrides->log_level != NULL) {
		if (!log_level_parse(overrides->log_level, &config->log.level))
			config_faults_add(root->reader->faults,
					  "--log-level %s: must be debug, info, notice, "
					  "warning or error",
					  overrides->log_level);
	} else if (!set && env != NULL && *env != '\0' &&
		   !log_level_parse(env, &config->log.level)) {
		add_warning(config,
			    "LOG_LEVEL=%s in the environment is ignored: it must be debug, "
			    "info, notice, warning or error",
			    env);
	}
}

static void
read_prompts(struct config *config, const struct node *root)
{
	struct node prompts = node_group(root, "prompts");

	config->prompt_directory = node_text(&prompts, "directory", NULL);
	if (config->prompt_directory != NULL && config->prompt_directory[0] != '/')
		node_fault(&prompts, "directory", "\"%s\" is not an absolute path",
			   config->prompt_directory);
}

static void
read_groups(struct config *config, struct reader *reader, const struct config_overrides *overrides,
	    config_upstreams_fn upstreams)
{
	struct node root = node_root(reader);

	config_read_auth(config, &root);
	/* after the group `auth`, because the check of listeners depends on it */
	config_read_server(config, &root, overrides);
	upstreams(config, &root);
	/* first, because all other folders are relative to it */
	for (size_t i = 0; i < config->upstreams; i++) {
		CHECK(config->upstream[i].kind != NULL && config->upstream[i].auth_why != NULL);
		CHECK((config->upstream[i].own == NULL) == (config->upstream[i].own_free == NULL));
	}
	config_read_policy(config, &root, overrides->read_only);
	read_operations(config, &root);
	config_read_limits(config, &root);
	read_log(config, &root, overrides);
	config_read_audit(config, &root);
	config_read_metrics(config, &root);
	config_read_traces(config, &root);
	read_prompts(config, &root);
	config_read_plugins(config, &root);
}

/* Checks who else can change or read the file: it names code to load and may contain a token. */
static void
check_mode(const struct config_source *source, bool literal_secret, struct config_faults *faults)
{
	if ((source->mode & S_IWOTH) != 0)
		config_faults_add(faults,
				  "%s: every user may write to this file; run chmod o-w on it",
				  source->name);
	if ((source->mode & S_IROTH) != 0 && literal_secret)
		config_faults_add(
		    faults,
		    "%s: the file contains a token, and every user may read the file; run chmod "
		    "o-r on it, or write env:NAME, file:PATH or credential:NAME instead",
		    source->name);
}

struct config *
config_from(const struct config_source *source, const struct config_overrides *overrides,
	    config_upstreams_fn upstreams, struct config_faults *faults)
{
	struct config *config = xcalloc(1, sizeof(*config));
	size_t before = faults->count;
	struct reader reader;

	reader_init(&reader, source->name, source->text, faults);
	for (size_t i = 0; i < overrides->sets; i++)
		reader_override(&reader, overrides->set[i]);
	read_groups(config, &reader, overrides, upstreams);
	reader_finish(&reader);
	check_mode(source, reader.literal_secret, faults);
	for (size_t i = 0; source->known != NULL && i < reader.known.count; i++)
		strings_add(source->known, reader.known.item[i]);
	reader_fini(&reader);
	if (source->directory != NULL)
		config_read_dropins(config, source->directory, faults);
	if (faults->count > before) {
		config_free(config);
		return NULL;
	}
	return config;
}

/* The path of the user's own file, for free(), or NULL. */
static char *
user_file(void)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *path = NULL;

	if (xdg != NULL && *xdg == '/')
		path = xprintf("%s/lakehost/lakehost.conf", xdg);
	else if (home != NULL && *home == '/')
		path = xprintf("%s/.config/lakehost/lakehost.conf", home);
	if (path != NULL && access(path, F_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* Finds the file to read (or NULL) and the directory of the plugins' files. Both are for free(). */
static void
find_file(const struct config_overrides *overrides, char **path, char **directory)
{
	const char *slash;

	*path = overrides->file != NULL ? xstrdup(overrides->file) : user_file();
	if (*path == NULL) {
		*directory = config_system_directory();
		*path = xprintf("%s/lakehost.conf", *directory);
		if (access(*path, F_OK) != 0) {
			free(*path);
			*path = NULL;
		}
		return;
	}
	slash = strrchr(*path, '/');
	if (slash == NULL)
		*directory = xstrdup(".");
	else
		*directory = xstrndup(*path, slash > *path ? (size_t)(slash - *path) : 1);
}

struct config *
config_load(const struct config_overrides *overrides, config_upstreams_fn upstreams,
	    struct config_faults *faults)
{
	struct config_source source = { .name = "built-in defaults" };
	char *path, *directory, *text = NULL, why[512];
	struct config *config = NULL;
	struct stat status;
	size_t len;

	find_file(overrides, &path, &directory);
	source.directory = directory;
	if (path != NULL) {
		text = text_read(path, CONFIG_BYTES_MAX, &len, &status, why, sizeof(why));
		if (text == NULL) {
			config_faults_add(faults, "%s", why);
			free(path);
			free(directory);
			return NULL;
		}
		source.name = path;
		source.text = text;
		source.mode = status.st_mode;
	}
	config = config_from(&source, overrides, upstreams, faults);
	secret_free(text);
	if (config == NULL) {
		free(path);
		free(directory);
		return NULL;
	}
	config->file = path;
	config->directory = directory;
	if (config->plugins.approvals == NULL && directory != NULL)
		config->plugins.approvals = xprintf("%s/plugins-approved", directory);
	return config;
}

const struct config_upstream *
config_upstream(const struct config *config, const char *role)
{
	for (size_t i = 0; i < config->upstreams; i++) {
		if (strcmp(config->upstream[i].role, role) == 0)
			return &config->upstream[i];
	}
	return NULL;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void
upstream_fini(struct config_upstream *upstream)
{
	free(upstream->role);
	free(upstream->url);
	free(upstream->auth_type);
	free(upstream->auth_why);
	secret_free(upstream->secret);
	free(upstream->secret_reference);
	if (upstream->own_free != NULL)
		upstream->own_free(upstream->own);
	free(upstream->ca_file);
	strings_fini(&upstream->warnings);
	strings_fini(&upstream->link_suffixes);
	strings_fini(&upstream->behalf_users);
}

static void
plugins_fini(struct config_plugin *plugin, size_t count)
{
	for (size_t i = 0; i < count; i++)
		config_plugin_fini(&plugin[i]);
	free(plugin);
}

void
config_free(struct config *config)
{
	if (config == NULL)
		return;
	free(config->file);
	free(config->directory);
	free(config->prompt_directory);
	config_policy_fini(config);
	config_limits_fini(config);
	strings_fini(&config->warnings);
	config_server_fini(config);
	config_auth_fini(config);
	config_audit_fini(config);
	config_metrics_fini(config);
	for (size_t i = 0; i < config->upstreams; i++)
		upstream_fini(&config->upstream[i]);
	strings_fini(&config->workspaces);
	free(config->upstream);
	strings_fini(&config->plugins.directories);
	strings_fini(&config->plugins.transfer_dirs);
	strings_fini(&config->plugins.secret_references);
	strings_fini(&config->plugins.set);
	for (size_t i = 0; i < config->plugins.keys; i++) {
		free(config->plugins.key[i].name);
		free(config->plugins.key[i].pem);
	}
	free(config->plugins.key);
	free(config->plugins.approvals);
	plugins_fini(config->plugins.plugin, config->plugins.count);
	plugins_fini(config->plugins.available, config->plugins.n_available);
	free(config);
}

bool
config_has_workspaces(const struct config *config, const char *role)
{
	return config->workspaces.count > 1 &&
	       strcmp(role != NULL ? role : "workspace", "workspace") == 0;
}

const char *
config_fixed_workspace(const struct config *config, const char *principal)
{
	for (size_t i = 0; i < config->auth.principals; i++)
		if (strcmp(config->auth.principal[i].name, principal) == 0)
			return config->auth.principal[i].workspace;
	return NULL;
}
