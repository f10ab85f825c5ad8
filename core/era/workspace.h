/* SPDX-License-Identifier: Apache-2.0 */
/* Which workspace a call uses, where the configuration has several. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_WORKSPACE_H
#define CORE_ERA_WORKSPACE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

struct config;
struct request;
struct row;

/* The workspace that is fixed for the principal, else the one of the argument `workspace`, else the
 * default: a name of the configuration, or NULL where there is nothing to choose. False: the
 * request is refused and answered. */
bool workspace_choose(struct request *request, const struct row *row, struct json_object *arguments,
		      const char **role);
/* Where an object of this row may be, one after the other: the workspaces of the configuration, or
 * only the upstream of the plugin. NULL: there are no more. */
const char *workspace_at(const struct config *config, const struct row *row, size_t i);
/* May the principal go on there with an operation of this row? A reload may have fixed it to
 * another workspace since the operation began. */
bool workspace_is_open(const struct config *config, const struct row *row, const char *principal,
		       const char *role);

#endif
