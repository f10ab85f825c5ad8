/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl's multi handle on the event loop. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_MULTI_H
#define CORE_EGRESS_MULTI_H

#include <stdbool.h>
#include <stddef.h>

struct egress;
struct flight;

/* Makes the handle. False with `why`: libcurl cannot be loaded or started. */
bool multi_open(struct egress *egress, char *why, size_t why_size);
void multi_close(struct egress *egress);
bool multi_add(struct egress *egress, struct flight *flight);
void multi_remove(struct egress *egress, struct flight *flight);

#endif
