/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange for the receiver: its operations on an HTTP request. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HTTP_EXCHANGE_H
#define CORE_TRANSPORT_HTTP_EXCHANGE_H

#include "rpc/exchange.h"

struct http_connection;
struct loop_timer;

extern const struct exchange_ops http_exchange_ops;
/* Called by connection->tick: keeps an event stream alive, or reports that its peer was too
 * slow. */
void http_on_tick(struct loop_timer *timer);

#endif
