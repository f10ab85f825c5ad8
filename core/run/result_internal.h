/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the result writer. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RUN_RESULT_INTERNAL_H
#define CORE_RUN_RESULT_INTERNAL_H

#include "run/result.h"

/* Fails the result because of a defect of the plugin. Returns the status. */
int result_defect(struct result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* By enum block_kind, with the names of MCP and the contract. */
#define BLOCK_KINDS (BLOCK_LINK + 1)
extern const char *const block_kind_names[BLOCK_KINDS];

/* A content block that is fully prepared. Borrowed; NULL: absent. */
struct block_parts {
	enum block_kind kind;
	struct mcp_text text;	/* of text and text resources */
	struct mcp_text base64; /* of the other contents */
	const char *uri, *name, *title, *description, *mime, *role;
	int64_t size;	      /* of a link; -1: unknown */
	bool untrusted, rows; /* rows: of a table in a format for programs */
};
void result_push(struct result *result, const struct block_parts *parts);
void result_push_text(struct result *result, const char *text, size_t len, const char *role);
/* Of a prompt's message; NULL: the block is none. */
bool result_role_valid(const char *role);
void result_drop_blocks(struct result *result);

#endif
