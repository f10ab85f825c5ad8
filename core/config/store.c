/* SPDX-License-Identifier: Apache-2.0 */
#include "config/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/url.h"
#include "config/file.h"
#include "config/value.h"

#define MEMORY "memory"
#define PORT 6379
#define DATABASE_MOST 65535u
#define PREFIX "lakehost"
#define PREFIX_MOST 64u
#define TIMEOUT_MS 1000
#define TIMEOUT_LEAST_MS 50
#define TIMEOUT_MOST_MS 30000

static const char *const away_words[] = { "refuse", "allow", NULL };

/* "/3", "/" or nothing. */
static bool
read_database(struct store_settings *settings, const char *rest)
{
	const char *digits = rest + (*rest == '/');

	if (*digits == '\0')
		return true;
	if (*rest != '/' || strlen(digits) > 5 || digits[strspn(digits, "0123456789")] != '\0')
		return false;
	settings->db = (unsigned)strtoul(digits, NULL, 10);
	return settings->db <= DATABASE_MOST;
}

/* What follows "redis://". */
static void
read_address(struct config_store *store, const struct node *limits, const char *text)
{
	struct url url = { .port = PORT };
	const char *why;

	if (strchr(text, '@') != NULL) {
		node_fault(limits, "store",
			   "must not contain a user or a password: use limits.store_user and "
			   "limits.store_password");
		return;
	}
	why = url_authority(text, &url);
	if (why != NULL)
		node_fault(limits, "store", "%s", why);
	else if (!read_database(&store->settings, url.rest))
		node_fault(
		    limits, "store",
		    "after the address only /N may follow, where N is the number of a database");
	store->host = xstrdup(url.host);
	store->settings.host = store->host;
	store->settings.port = url.port;
}

static void
read_store_url(struct config_store *store, const struct node *limits)
{
	const char *name = store->name;

	if (strncmp(name, "redis://", 8) == 0) {
		read_address(store, limits, name + 8);
	} else if (strncmp(name, "rediss://", 9) == 0) {
		store->settings.tls = true;
		read_address(store, limits, name + 9);
	} else if (strncmp(name, "unix:/", 6) == 0) {
		store->path = xstrdup(name + 5);
		store->settings.path = store->path;
	} else {
		node_fault(limits, "store",
			   "must be \"memory\", \"redis://HOST:PORT/DATABASE\", \"rediss://…\" or "
			   "\"unix:/PATH\"");
	}
}

/* A setting that would have no effect is a mistake. */
static void
refuse_alone(const struct node *limits)
{
	static const char *const keys[] = { "store_user",	"store_password",
					    "store_ca_file",	"store_prefix",
					    "store_timeout_ms", "store_away_costly",
					    "store_away_others" };
	const char *prefix = node_raw_text(limits, "store_prefix");
	const bool set[] = { node_raw_text(limits, "store_user") != NULL,
			     node_raw_text(limits, "store_password") != NULL,
			     node_raw_text(limits, "store_ca_file") != NULL,
			     prefix != NULL && strcmp(prefix, PREFIX) != 0,
			     node_number(limits, "store_timeout_ms", TIMEOUT_MS, TIMEOUT_LEAST_MS,
					 TIMEOUT_MOST_MS) != TIMEOUT_MS,
			     node_word(limits, "store_away_costly", away_words, 0) != 0,
			     node_word(limits, "store_away_others", away_words, 1) != 1 };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (set[i])
			node_fault(limits, keys[i], "has an effect only with limits.store");
}

static void
read_prefix(struct config_store *store, const struct node *limits)
{
	store->prefix = node_text(limits, "store_prefix", PREFIX);
	if (strlen(store->prefix) > PREFIX_MOST ||
	    strspn(store->prefix, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_.:-") != strlen(store->prefix))
		node_fault(limits, "store_prefix",
			   "must have at most %u characters of A-Z, a-z, 0-9, _, ., : and -",
			   PREFIX_MOST);
}

void
config_read_store(struct config *config, const struct node *limits)
{
	char *name = node_text(limits, "store", MEMORY);
	struct config_store *store;

	if (strcmp(name, MEMORY) == 0) {
		free(name);
		refuse_alone(limits);
		return;
	}
	store = xcalloc(1, sizeof(*store));
	config->limits.store = store;
	store->name = name;
	store->settings.name = name;
	read_store_url(store, limits);
	store->user = node_text(limits, "store_user", NULL);
	store->password = node_secret(limits, "store_password");
	if (store->user != NULL && store->password == NULL)
		node_fault(limits, "store_user", "needs limits.store_password");
	store->ca_file = node_text(limits, "store_ca_file", NULL);
	if (store->ca_file != NULL && !store->settings.tls)
		node_fault(limits, "store_ca_file", "has an effect only with rediss://");
	else if (store->ca_file != NULL && access(store->ca_file, R_OK) != 0)
		node_fault(limits, "store_ca_file", "cannot be read: %s", strerror(errno));
	store->settings.ca_file = store->ca_file;
	store->settings.user = store->user;
	store->settings.password = store->password;
	store->settings.timeout_ms = (unsigned)node_number(limits, "store_timeout_ms", TIMEOUT_MS,
							   TIMEOUT_LEAST_MS, TIMEOUT_MOST_MS);
	read_prefix(store, limits);
	store->refuse_costly = node_word(limits, "store_away_costly", away_words, 0) == 0;
	store->refuse_others = node_word(limits, "store_away_others", away_words, 1) == 0;
}

void
config_store_fini(struct config *config)
{
	struct config_store *store = config->limits.store;

	if (store == NULL)
		return;
	free(store->name);
	free(store->host);
	free(store->path);
	free(store->ca_file);
	free(store->user);
	if (store->password != NULL)
		secret_free(store->password);
	free(store->prefix);
	free(store);
}
