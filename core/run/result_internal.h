/* SPDX-License-Identifier: Apache-2.0 */
/* Functions and types that the files of the result writer share. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RUN_RESULT_INTERNAL_H
#define CORE_RUN_RESULT_INTERNAL_H

#include "run/result.h"

/* Fails the result because of a defect of the plugin. Returns the status. */
int result_defect(struct result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The names of enum block_kind in MCP and in the contract. */
#define BLOCK_KINDS (BLOCK_LINK + 1)
extern const char *const block_kind_names[BLOCK_KINDS];

/* A content block that is fully prepared. All members are borrowed; NULL: absent. */
struct block_parts {
	enum block_kind kind;
	struct mcp_text text;	/* for text and text resources */
	struct mcp_text base64; /* for the other contents, as base64 */
	const char *uri, *name, *title, *description, *mime, *role;
	int64_t size;	      /* of a link; -1: unknown */
	bool untrusted, rows; /* for rows: the table has a format for programs */
};
void result_push(struct result *result, const struct block_parts *parts);
void result_push_text(struct result *result, const char *text, size_t len, const char *role);
/* the role of a prompt's message; NULL: the block is not a message */
bool result_role_valid(const char *role);
void result_drop_blocks(struct result *result);

#endif
