/* SPDX-License-Identifier: Apache-2.0 */
/* MCP over stdin and stdout. All on the loop thread. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_STDIO_H
#define CORE_TRANSPORT_STDIO_H

#include <stdbool.h>
#include <stddef.h>

#include "rpc/exchange.h"

struct loop;
struct stdio;

/* Starts the peer on stdin and stdout. stdout is moved away from fd 1 first, so that nothing else
 * can print into the protocol; fd 1 becomes stderr. EOF calls receiver->eof after the lines before
 * it were delivered. A line over `max_line` gets a JSON-RPC error and is skipped. */
struct stdio *stdio_new(struct loop *loop, const struct receiver *receiver, size_t max_line,
			const struct principal *principal);
/* From now on new lines come from this principal, whom the snapshot with this number let in, and
 * may have `max_line` bytes. */
void stdio_use(struct stdio *stdio, const struct principal *principal, unsigned since,
	       size_t max_line);
/* Sends a message that belongs to no request (a server request or notification of a legacy
 * session). */
void stdio_send(struct stdio *stdio, const char *json, size_t len);
bool stdio_idle(const struct stdio *stdio); /* Is all output written? */
void stdio_free(struct stdio *stdio);

#endif
