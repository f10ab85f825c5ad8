/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker says of its calls. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_WORKER_REPLIES_H
#define CORE_WORKER_REPLIES_H

#include "worker/worker.h"

/* A message about a call. What is malformed or out of place ends the worker. */
void remote_message(struct worker *worker, const struct channel_message *message);

#endif
