/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of principals as the configuration describes them. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_HOST_LIMITING_H
#define CORE_HOST_LIMITING_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct limits;
struct loop;
struct pool;

/* False with `why`: the configuration has a store, and it cannot be used here. */
bool limiting_possible(const struct config *config, char *why, size_t why_size);
/* For limiting_end(). NULL: nothing is limited. The configuration must live longer. */
struct limits *limiting_start(const struct config *config, struct loop *loop, struct pool *pool);
void limiting_end(struct limits *limits); /* NULL is fine */

#endif
