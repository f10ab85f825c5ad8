/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host: owns every part, starts them in the order a request travels, and stops them in the
 * reverse one: listeners first, then calls, then plugins, so that nothing accepted is lost.
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
struct receiver;
struct registry;

/* Takes the config over. NULL with `why` when a part cannot start (a critical plugin refused, no
 * state key). Opens no listener and contacts nobody. */
struct host *host_new(struct config *config, char *why, size_t why_size);
void host_free(struct host *host);
/* What host_new() does, without a word in the log, and it goes on after a fault so that all are
 * found: each ends a start and becomes a line of `faults`. The host is then only good for looking
 * at its plugins. Never NULL. */
struct host *host_try(struct config *config, struct strings *faults);

/* Serves on the configured listeners until SIGTERM, SIGINT, or EOF on stdio; drains; returns the
 * exit status. */
int host_serve(struct host *host);

/* For the command line, which is a client of its own host. */
const struct config *host_config(const struct host *host);
struct loop *host_loop(struct host *host);
struct calls *host_calls(struct host *host);
struct egress *host_egress(struct host *host); /* NULL after a start that failed */
struct plugins *host_plugins(struct host *host);
struct registry *host_registry(struct host *host);
const struct receiver *host_receiver(struct host *host);

#endif
