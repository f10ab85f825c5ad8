/* SPDX-License-Identifier: Apache-2.0 */
/* The meaning of a request's header fields: which of them may appear only once, and their purpose.
 * (Their syntax: http_gate.h. Who may send requests: http_access.h.) */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HTTP_HEAD_H
#define CORE_TRANSPORT_HTTP_HEAD_H

struct http_connection;
struct http_refusal;

/* Reads the fields into connection->head. refusal->status is 0 when they are valid. */
void http_head_read(struct http_connection *connection, struct http_refusal *refusal);

#endif
