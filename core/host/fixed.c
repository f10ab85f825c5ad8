/* SPDX-License-Identifier: Apache-2.0 */
/* These settings are used while the host starts: sockets, threads, buffers of connections, keys. A
 * reload that changes one of them is refused as a whole, so that what serves is always one file as
 * it was written. */
#include "host/fixed.h"

#include <stddef.h>
#include <string.h>

#include "config/config.h"
#include "config/text.h"

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_list(const struct strings *a, const struct strings *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++)
		if (strcmp(a->item[i], b->item[i]) != 0)
			return false;
	return a->count == b->count;
}

static bool
same_listener(const struct config_listener *a, const struct config_listener *b)
{
	return a->kind == b->kind && a->port == b->port && a->mode == b->mode &&
	       a->anywhere == b->anywhere && same_text(a->host, b->host) &&
	       same_text(a->tls_certificate, b->tls_certificate) &&
	       same_text(a->tls_key, b->tls_key) && same_text(a->tls_client_ca, b->tls_client_ca);
}

static bool
same_listeners(const struct config *a, const struct config *b)
{
	for (size_t i = 0; i < a->server.listeners && i < b->server.listeners; i++)
		if (!same_listener(&a->server.listener[i], &b->server.listener[i]))
			return false;
	return a->server.listeners == b->server.listeners;
}

static bool
same_names(char *const *a, size_t n, char *const *b, size_t m)
{
	for (size_t i = 0; i < n && i < m; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return n == m;
}

static bool
same_rule(const struct limits_rule *a, const struct limits_rule *b)
{
	for (unsigned key = 0; key < LIMITS_KEYS; key++)
		if (a->value[key] != b->value[key] ||
		    (a->where[key] == NULL) != (b->where[key] == NULL))
			return false;
	return a->together == b->together &&
	       same_names(a->principal, a->principals, b->principal, b->principals) &&
	       same_names(a->group, a->groups, b->group, b->groups);
}

static bool
same_rules(const struct config *a, const struct config *b)
{
	for (size_t i = 0; i < a->limits.rules && i < b->limits.rules; i++)
		if (!same_rule(&a->limits.rule[i], &b->limits.rule[i]))
			return false;
	return a->limits.rules == b->limits.rules;
}

static bool
same_store(const struct config_store *a, const struct config_store *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return same_text(a->name, b->name) && same_text(a->host, b->host) &&
	       same_text(a->path, b->path) && same_text(a->user, b->user) &&
	       same_text(a->password, b->password) && same_text(a->prefix, b->prefix) &&
	       a->settings.port == b->settings.port && a->settings.db == b->settings.db &&
	       a->settings.timeout_ms == b->settings.timeout_ms &&
	       a->refuse_costly == b->refuse_costly && a->refuse_others == b->refuse_others;
}

void
fixed_compare(const struct config *now, const struct config *wanted, struct strings *faults)
{
	const struct {
		const char *key;
		bool same;
	} keys[] = {
		{ "server.stdio", now->server.stdio == wanted->server.stdio },
		{ "server.listeners", same_listeners(now, wanted) },
		{ "server.endpoint", same_text(now->server.endpoint, wanted->server.endpoint) },
		{ "server.state_key",
		  same_list(&now->server.state_keys, &wanted->server.state_keys) },
		{ "server.workers", now->server.workers == wanted->server.workers },
		{ "server.workers_max", now->server.workers_max == wanted->server.workers_max },
		{ "server.spin_us", now->server.spin_us == wanted->server.spin_us },
		{ "server.connection_memory",
		  now->server.connection_memory == wanted->server.connection_memory },
		{ "server.max_connections",
		  now->server.max_connections == wanted->server.max_connections },
		{ "limits.headers", now->limits.headers == wanted->limits.headers },
		{ "limits.rules, or the limits of principals in the group limits",
		  same_rules(now, wanted) },
		{ "limits.store", same_store(now->limits.store, wanted->limits.store) },
		{ "auth.inbound", now->auth.inbound == wanted->auth.inbound },
		{ "metrics.enabled", now->metrics.enabled == wanted->metrics.enabled },
		{ "audit.file, socket or syslog",
		  now->audit.kind == wanted->audit.kind &&
		      same_text(now->audit.path, wanted->audit.path) },
		{ "audit.format", now->audit.format == wanted->audit.format },
		{ "audit.required", now->audit.required == wanted->audit.required },
		{ "audit.arguments", now->audit.arguments == wanted->audit.arguments },
		{ "audit.key", same_text(now->audit.key, wanted->audit.key) },
	};
	const char *file = wanted->file != NULL ? wanted->file : "the settings";

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!keys[i].same)
			strings_printf(
			    faults,
			    "%s: %s: a reload cannot change it: restart the host, or set it "
			    "back",
			    file, keys[i].key);
}
