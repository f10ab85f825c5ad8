/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host owns every part. It starts them in the order in which a request passes them, and stops
 * them in reverse order: first listeners, then calls, then plugins, so that no accepted request is
 * lost.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_HOST_HOST_H
#define CORE_HOST_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

struct calls;
struct egress;
struct host;
struct loop;
struct plugins;
struct policy;
struct receiver;
struct registry;
struct row_view;

/* Makes a host. Takes ownership of the config. NULL with `why` when a part cannot start, for
 * example a critical plugin or the state key. Opens no listener and makes no request. */
struct host *host_new(struct config *config, char *why, size_t why_size);
void host_free(struct host *host);
/* Like host_new(), but writes no log and continues after a fault to find all of them. Each fault
 * that would prevent a start becomes a line of `faults`. The returned host may only be used to look
 * at its plugins. Never NULL. */
struct host *host_try(struct config *config, struct strings *faults);

/* How SIGHUP reads the configuration again. Both are borrowed for as long as the host serves.
 * Without this call SIGHUP is ignored. */
void host_reload_with(struct host *host, const struct config_overrides *overrides,
		      config_upstreams_fn upstreams);
/* Serves on the configured listeners until SIGTERM, SIGINT, or EOF on stdio. Then drains and
 * returns the exit status. */
int host_serve(struct host *host);

/* The loop and the eras for the command line, which is a client of the host in the same process. */
const struct config *host_config(const struct host *host);
struct loop *host_loop(struct host *host);
struct calls *host_calls(struct host *host);
struct egress *host_egress(struct host *host); /* NULL after a failed start */
struct plugins *host_plugins(struct host *host);
struct registry *host_registry(struct host *host);
struct policy *host_policy(struct host *host); /* NULL after a start that failed */
/* What the user of the command line sees; the host has started. */
const struct row_view *host_view(struct host *host);
const struct receiver *host_receiver(struct host *host);

#endif
