/* SPDX-License-Identifier: Apache-2.0 */
/* JSON-RPC batches, which only revision 2025-03-26 knows. */
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
/* One element has its answer, or (NULL) will have none. */
void batch_add(struct batch *batch, const struct buf *answer);

#endif
