/* SPDX-License-Identifier: Apache-2.0 */
/* How clients reach Lakehost: stdio, listeners, and the key that seals its handles. */
#include "config/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/url.h"
#include "config/certificates.h"
#include "config/faults.h"
#include "config/file.h"
#include "config/reference.h"
#include "config/text.h"
#include "config/value.h"

#define LISTENERS_MAX 16
#define SOCKET_MODE 0600 /* default mode of a unix socket */

static const char not_loopback[] =
    "would be reachable from other machines, and there is no inbound authentication "
    "(auth.inbound is \"none\"): listen on 127.0.0.1, ::1 or a unix socket";
static const char not_private[] =
    "would be reachable from other machines without TLS, so that others could read credentials: "
    "set tls_certificate and tls_key, or list the proxy that ends TLS in auth.trusted_proxies";

/* NULL when valid, else the reason. */
static const char *
tcp_listener(struct config_listener *listener, const char *address)
{
	struct url url = { .port = 0 };
	const char *why = url_authority(address, &url);

	if (why == NULL && (*url.rest != '\0' || strrchr(address, ':') == NULL ||
			    (url.literal6 && strrchr(address, ']')[1] != ':')))
		why = "the address must have the form ADDRESS:PORT, for example 127.0.0.1:8765";
	if (why != NULL)
		return why;
	listener->kind = LISTEN_TCP;
	listener->host = xstrdup(strcmp(url.host, "localhost") == 0 ? "127.0.0.1" : url.host);
	listener->port = url.port;
	return NULL;
}

static const char *
unix_listener(struct config_listener *listener, const char *path)
{
	if (*path != '/')
		return "the path of a unix socket must be absolute";
	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return "the path of a unix socket may have at most 107 bytes";
	listener->kind = LISTEN_UNIX;
	listener->host = xstrdup(path);
	return NULL;
}

/* Decides whether other machines may reach the listener. NULL, or why its address is refused. */
static const char *
reach(const struct config *config, struct config_listener *listener)
{
	bool authenticated = config->auth.inbound != INBOUND_NONE;

	listener->anywhere =
	    authenticated && (listener->tls_key != NULL || config->auth.proxies > 0);
	if (listener->kind != LISTEN_TCP || listener->anywhere || url_host_loopback(listener->host))
		return NULL;
	return authenticated ? not_private : not_loopback;
}

static void
add_listener(struct config *config, struct config_listener listener)
{
	config->server.listener =
	    xrealloc(config->server.listener,
		     (config->server.listeners + 1) * sizeof(*config->server.listener));
	config->server.listener[config->server.listeners++] = listener;
}

static void
read_tls(const struct node *node, struct config_listener *listener)
{
	listener->tls_certificate = node_text(node, "tls_certificate", NULL);
	listener->tls_key = node_text(node, "tls_key", NULL);
	if ((listener->tls_certificate == NULL) != (listener->tls_key == NULL))
		node_fault(node, "tls_certificate", "must be used together with tls_key");
	else if (listener->tls_key != NULL && listener->kind == LISTEN_UNIX)
		node_fault(node, "tls_certificate", "cannot be used with a unix socket");
	else if (listener->tls_key != NULL && access(listener->tls_certificate, R_OK) != 0)
		node_fault(node, "tls_certificate", "cannot be read: %s", strerror(errno));
	else if (listener->tls_key != NULL && access(listener->tls_key, R_OK) != 0)
		node_fault(node, "tls_key", "cannot be read: %s", strerror(errno));
	listener->tls_client_ca = node_text(node, "tls_client_ca", NULL);
	if (listener->tls_client_ca == NULL)
		return;
	if (listener->tls_key == NULL)
		node_fault(node, "tls_client_ca", "needs tls_certificate and tls_key");
	else
		config_check_certificates(node, "tls_client_ca", listener->tls_client_ca);
}

/* A certificate names nobody where no listener asks for one, or nobody looks at its name. */
static const char *
certificate_fault(const struct config *config, const struct config_listener *listener)
{
	bool asks = listener->tls_client_ca != NULL;

	if (config->auth.inbound == INBOUND_MTLS && !asks)
		return "needs tls_client_ca, because auth.inbound is \"mtls\"";
	if (config->auth.inbound == INBOUND_NONE && asks)
		return "has tls_client_ca, but auth.inbound is \"none\": \"mtls\" takes the "
		       "principal from the certificate";
	return NULL;
}

/* libconfig reads a number with a leading 0 as decimal: 0660 would be another mode. */
static unsigned
read_mode(const struct node *node)
{
	config_setting_t *setting = reader_find_setting(node, "mode");
	const char *text;

	if (!node_has(node, "mode"))
		return SOCKET_MODE;
	text = config_setting_get_string(setting);
	if (text == NULL || strlen(text) < 3 || strlen(text) > 4 ||
	    strspn(text, "01234567") != strlen(text) || strtoul(text, NULL, 8) > 0777) {
		node_fault(node, "mode",
			   "must be an octal number in quotes, for example "
			   "\"0660\"%s",
			   text == NULL ? "; without quotes it would be read as decimal" : "");
		return SOCKET_MODE;
	}
	return (unsigned)strtoul(text, NULL, 8);
}

static void
read_listener(struct config *config, const struct node *node)
{
	struct config_listener listener = { .mode = SOCKET_MODE };
	char *tcp = node_text(node, "tcp", NULL), *path = node_text(node, "unix", NULL);
	bool systemd = node_bool(node, "systemd", false);
	const size_t faults = node_faults(node);
	const char *why = NULL;

	listener.mode = read_mode(node);
	if ((tcp != NULL) + (path != NULL) + systemd != 1)
		node_fault(node, "tcp",
			   "a listener must have exactly one of tcp = \"ADDRESS:PORT\", unix = "
			   "\"/PATH\" and systemd = true");
	else if (tcp != NULL)
		why = tcp_listener(&listener, tcp);
	else if (path != NULL)
		why = unix_listener(&listener, path);
	else
		listener.kind = LISTEN_SYSTEMD;
	if (path == NULL && node_has(node, "mode"))
		node_fault(node, "mode", "can be used only with a unix socket");
	read_tls(node, &listener);
	if (why == NULL && node_faults(node) == faults)
		why = certificate_fault(config, &listener);
	if (why == NULL && node_faults(node) == faults)
		why = reach(config, &listener);
	if (why != NULL)
		node_fault(node, tcp != NULL ? "tcp" : "unix", "%s", why);
	free(tcp);
	free(path);
	add_listener(config, listener);
}

static void
override_listeners(struct config *config, const struct node *server,
		   const struct config_overrides *overrides)
{
	struct config_listener listener = { .mode = SOCKET_MODE };
	const char *why = NULL;

	if (overrides->http != NULL) {
		why = tcp_listener(&listener, overrides->http);
		if (why == NULL)
			why = certificate_fault(config, &listener);
		if (why == NULL)
			why = reach(config, &listener);
		if (why != NULL)
			config_faults_add(server->reader->faults, "--http %s: %s", overrides->http,
					  why);
		add_listener(config, listener);
	}
	if (overrides->unix_path != NULL) {
		listener = (struct config_listener){ .mode = SOCKET_MODE };
		why = unix_listener(&listener, overrides->unix_path);
		if (why == NULL)
			why = certificate_fault(config, &listener);
		if (why != NULL)
			config_faults_add(server->reader->faults, "--unix %s: %s",
					  overrides->unix_path, why);
		add_listener(config, listener);
	}
}

static void
drop_listeners(struct config *config)
{
	for (size_t i = 0; i < config->server.listeners; i++) {
		free(config->server.listener[i].host);
		free(config->server.listener[i].tls_certificate);
		free(config->server.listener[i].tls_key);
		free(config->server.listener[i].tls_client_ca);
	}
	config->server.listeners = 0;
}

static void
read_listeners(struct config *config, const struct node *server,
	       const struct config_overrides *overrides)
{
	size_t n = node_count(server, "listeners");
	bool given = overrides->http != NULL || overrides->unix_path != NULL;

	if (n > LISTENERS_MAX)
		node_fault(server, "listeners", "has more than %d entries", LISTENERS_MAX);
	for (size_t i = 0; i < n && i < LISTENERS_MAX; i++) {
		struct node item = node_item(server, "listeners", i);

		read_listener(config, &item);
	}
	if (given) { /* the command line has priority over the file */
		drop_listeners(config);
		override_listeners(config, server, overrides);
	} else if (n == 0 && overrides->sockets_passed) {
		struct config_listener listener = { .kind = LISTEN_SYSTEMD };

		reach(config, &listener);
		add_listener(config, listener);
	}
	config->server.stdio = node_auto(server, "stdio", config->server.listeners == 0) && !given;
	if (!config->server.stdio && config->server.listeners == 0 && !given)
		node_fault(server, "stdio",
			   "is false, but there is no listener, so no client could connect");
}

char *
config_state_file(const char *name)
{
	const char *state = getenv("STATE_DIRECTORY"), *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (state != NULL && *state == '/') /* systemd's StateDirectory=; a list */
		return xprintf("%.*s/%s", (int)strcspn(state, ":"), state, name);
	if (xdg != NULL && *xdg == '/')
		return xprintf("%s/lakehost/%s", xdg, name);
	if (home != NULL && *home == '/')
		return xprintf("%s/.local/state/lakehost/%s", home, name);
	return NULL;
}

static void
read_state_keys(struct config *config, const struct node *server)
{
	struct strings references = { 0 };
	char why[512], *path;

	node_list(server, "state_key", &references);
	for (size_t i = 0; i < references.count; i++) {
		path = reference_path(references.item[i], why, sizeof(why));
		if (path == NULL)
			node_fault(server, "state_key", "\"%s\": %s", references.item[i], why);
		else
			strings_add(&config->server.state_keys, path);
		free(path);
	}
	if (references.count == 0) {
		path = config_state_file("state.key");
		if (path != NULL)
			strings_add(&config->server.state_keys, path);
		config->server.state_key_made = path != NULL;
		free(path);
	}
	strings_fini(&references);
}

static void
read_endpoint(struct config *config, const struct node *server)
{
	const char *p;

	config->server.endpoint = node_text(server, "endpoint", "/mcp");
	p = config->server.endpoint;
	if (*p != '/' ||
	    p[strspn(p, "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789._~-")] != '\0' ||
	    strstr(p, "//") != NULL)
		node_fault(server, "endpoint", "must be a path, for example \"/mcp\"");
}

void
config_read_server(struct config *config, const struct node *root,
		   const struct config_overrides *overrides)
{
	struct node server = node_group(root, "server");

	read_listeners(config, &server, overrides);
	read_endpoint(config, &server);
	read_state_keys(config, &server);
	node_list(&server, "allowed_hosts", &config->server.allowed_hosts);
	node_list(&server, "allowed_origins", &config->server.allowed_origins);
	config->server.name = node_text(&server, "name", "lakehost");
	config->server.title = node_text(&server, "title", "Lakehost");
	config->server.instructions = node_text(&server, "instructions", NULL);
	config->server.workers = (unsigned)node_number(&server, "workers", 16, 1, 1024);
	config->server.workers_max = (unsigned)node_number(&server, "workers_max", 64, 1, 4096);
	config->server.spin_us = (unsigned)node_number(&server, "spin_us", 0, 0, 1000);
	config->server.connection_memory =
	    (unsigned)node_number(&server, "connection_memory", 16384, 8192, 1u << 20);
	config->server.max_connections =
	    (unsigned)node_number(&server, "max_connections", LIMIT_CONNECTIONS, 1, 1000000);
	if (config->server.workers_max < config->server.workers)
		node_fault(&server, "workers_max", "must not be less than server.workers");
}

void
config_server_fini(struct config *config)
{
	drop_listeners(config);
	free(config->server.listener);
	free(config->server.endpoint);
	strings_fini(&config->server.allowed_hosts);
	strings_fini(&config->server.allowed_origins);
	free(config->server.name);
	free(config->server.title);
	free(config->server.instructions);
	strings_fini(&config->server.state_keys);
}
