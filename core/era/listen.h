/* SPDX-License-Identifier: Apache-2.0 */
/* subscriptions/listen (MCP 2026-07-28, server/subscriptions): a request that stays open and
 * carries the changes it asked for. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_LISTEN_H
#define CORE_ERA_LISTEN_H

struct eras;
struct request;

#define LISTEN_URIS 256u /* resources that one listen may watch */

void listen_begin(struct request *request);
/* Ends the request with its result: no change is told any more. */
void listen_finish(struct request *request);
/* The request ends, and what it kept goes with it. */
void listen_end(struct request *request);

#endif
