/* SPDX-License-Identifier: Apache-2.0 */
/* What the header fields of a request say: which must come once, what they are for. (How they are
 * written: http_gate.h. Who may ask: http_access.h.) */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HTTP_HEAD_H
#define CORE_TRANSPORT_HTTP_HEAD_H

struct http_connection;
struct http_refusal;

/* Reads them into connection->head. refusal->status is 0 when nothing is wrong with them. */
void http_head_read(struct http_connection *connection, struct http_refusal *refusal);

#endif
