/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and replies pass between a step and the host, and are copied here. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RUN_REQUESTS_H
#define CORE_RUN_REQUESTS_H

#include "run/run.h"

/* Most bytes of bodies for all requests of one suspension together; larger ones need a file. */
#define REQUEST_BODY_MAX (16u << 20)
#define REQUEST_HEADERS_MAX 32u
#define REQUEST_FLAGS ((uint32_t)(MCP_HTTP_CLEANUP | MCP_HTTP_SINGLE_FLIGHT)) /* all there are */
#define REQUEST_PIECES_MAX 256u

/* The least size of a struct in ABI 1.0. It ends with the member that was the last one in that
 * version. */
#define SIZE_1_0(type, last) (offsetof(struct type, last) + sizeof(((const struct type *)0)->last))
/* Copies a struct of the plugin, which begins with its size, to the form of this host. Members of a
 * newer minor version are dropped, and members that an older version does not have become zero.
 * False, and `mine` is zero, when its size is below `least` or invalid. */
bool struct_adopt(void *mine, size_t mine_size, const void *theirs, size_t least);

/* Deep copies of requests that leave their step. `request->size` is the stride of the array. All
 * copies are in one allocation. */
struct mcp_http *requests_copy(const struct mcp_http *request, size_t n);
void requests_free(struct mcp_http *request, size_t n);
/* NULL when the requests can be copied; otherwise the fault. Unknown values of enums and flags are
 * not a fault: the copy has the safe values (<lakehost/plugin.h>). */
const char *requests_check(const struct mcp_http *request, size_t n);
/* A deep copy of a reply in an arena. */
void reply_copy(struct mcp_reply *to, const struct mcp_reply *from, struct arena *arena);
/* A reply for a request that was not sent, with the reason. */
void reply_none(struct mcp_reply *reply, enum mcp_status error, const char *why);
void outcome_fini(struct outcome *outcome);
/* Copies the handle of an operation, 1 to MCP_HANDLE_MAX bytes; it replaces an earlier one. */
void outcome_set_handle(struct outcome *outcome, const void *data, size_t len);
/* Frees its questions; the handle of an operation stays. */
void outcome_drop_questions(struct outcome *outcome);

#endif
