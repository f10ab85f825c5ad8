/* SPDX-License-Identifier: Apache-2.0 */
/* Handles the messages of a worker about its calls. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_WORKER_REPLIES_H
#define CORE_WORKER_REPLIES_H

#include "worker/worker.h"

/* Handles a message about a call. A message that is malformed or not expected ends the worker. */
void remote_message(struct worker *worker, const struct channel_message *message);

#endif
