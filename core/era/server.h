/* SPDX-License-Identifier: Apache-2.0 */
/* The identity and the capabilities of this host: serverInfo, capabilities, server/discover. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_SERVER_H
#define CORE_ERA_SERVER_H

#include "registry/registry.h"

struct config;
struct json;
struct request;

void server_info(const struct config *config, enum revision revision, struct json *out);
void server_capabilities(const struct request *request, struct json *out);
const char *server_instructions(const struct config *config);
void server_discover(struct request *request);

#endif
