/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of JSON-RPC. Only revision 2025-03-26 has them. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_BATCH_H
#define CORE_ERA_BATCH_H

struct batch;
struct buf;
struct eras;
struct exchange;
struct message;
struct session;

void batch_receive(struct eras *eras, struct exchange *exchange, struct session *session,
		   const struct message *message);
/* One element has its answer. NULL: it will have no answer. */
void batch_add(struct batch *batch, const struct buf *answer);

#endif
