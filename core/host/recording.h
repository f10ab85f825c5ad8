/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log as the configuration describes it. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_HOST_RECORDING_H
#define CORE_HOST_RECORDING_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct loop;

/* Starts it, if the configuration has one. Without a loop it is not started: this only looks
 * whether it could be. False with `why` when its key cannot be used, or when it is required and
 * cannot be written. */
bool recording_start(const struct config *config, struct loop *loop, char *why, size_t why_size);

/* Ends the audit log and the metrics. */
void recording_stop(void);

#endif
