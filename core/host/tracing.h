/* SPDX-License-Identifier: Apache-2.0 */
/* Sends the spans of traces to the upstream that traces.upstream names: in batches, one request at
 * a time. What the collector does not take is dropped and counted. Loop thread only. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_HOST_TRACING_H
#define CORE_HOST_TRACING_H

struct egress;
struct loop;
struct tracing;

/* NULL when `upstream` is NULL. `loop` and `egress` are borrowed. */
struct tracing *tracing_new(struct loop *loop, struct egress *egress, const char *upstream);
/* A reload: another upstream, which may be NULL. A running request goes on. */
void tracing_use(struct tracing **tracing, struct loop *loop, struct egress *egress,
		 const char *upstream);
void tracing_free(struct tracing *tracing); /* NULL is fine; what waits is not sent */

#endif
