/* SPDX-License-Identifier: Apache-2.0 */
/* notifications/progress (MCP basic/utilities/progress), on the stream of a request. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_PROGRESS_H
#define CORE_ERA_PROGRESS_H

struct request;

/* Sends progress, if the client asked for it. `total` 0: unknown. */
void progress_notify(struct request *request, double done, double total, const char *message);

#endif
