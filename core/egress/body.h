/* SPDX-License-Identifier: Apache-2.0 */
/* Request bodies from pieces. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_BODY_H
#define CORE_EGRESS_BODY_H

#include <lakehost/plugin.h>

struct buf;
struct strings;

/* Builds a body from pieces; resolves secret references that the operator listed. */
enum mcp_status body_build(struct buf *body, const struct mcp_piece *piece, size_t n,
			   const struct strings *references, char *why, size_t why_size);

#endif
