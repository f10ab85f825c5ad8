/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ABI 1.0, pinned: the size of each struct, the offset of each member and the number of each
 * constant that plugins were compiled with. A change of one of these values breaks every
 * existing plugin. Members of a later minor version are added at the end, with their own lines
 * and the number of that version. They must not use the padding at the end of a struct, because
 * the `size` of older plugins includes it. Frozen structs (<lakehost/plugin.h> names them) never
 * get another line. This file is compiled and never run: as C, as C++, and for a 32-bit machine,
 * where offsets are smaller and only their order can be checked. */
#include <lakehost/plugin.h>

#ifdef __cplusplus
#define ASSERT(condition, what) static_assert(condition, what)
#else
#define ASSERT(condition, what) _Static_assert(condition, what)
#endif

#if UINTPTR_MAX == UINT64_MAX
#define AT(type, member, offset) \
	ASSERT(offsetof(struct type, member) == (offset), #type "." #member " has moved")
#define SIZE(type, size) ASSERT(sizeof(struct type) == (size), #type " has another size")
#else
#define AT(type, member, offset) \
	ASSERT(offsetof(struct type, member) <= (offset), #type "." #member " has moved")
#define SIZE(type, size) ASSERT(sizeof(struct type) <= (size), #type " has another size")
#endif
#define NUMBER(name, value) ASSERT((name) == (value), #name " has another number")

ASSERT(sizeof(bool) == 1 && sizeof(enum mcp_status) == 4, "as on every Linux");

AT(mcp_text, data, 0);
AT(mcp_text, len, 8);
SIZE(mcp_text, 16);

AT(mcp_call, ops, 0);
AT(mcp_call, sdk, 8);
AT(mcp_call, self, 16);
SIZE(mcp_call, 24);

AT(mcp_piece, kind, 0);
AT(mcp_piece, text, 8);
SIZE(mcp_piece, 24);

AT(mcp_header, name, 0);
AT(mcp_header, value, 8);
SIZE(mcp_header, 16);

AT(mcp_http, size, 0);
AT(mcp_http, flags, 4);
AT(mcp_http, upstream, 8);
AT(mcp_http, method, 16);
AT(mcp_http, path, 24);
AT(mcp_http, query, 32);
AT(mcp_http, url, 40);
AT(mcp_http, headers, 48);
AT(mcp_http, n_headers, 56);
AT(mcp_http, body, 64);
AT(mcp_http, n_body, 72);
AT(mcp_http, body_file, 80);
AT(mcp_http, retry, 88);
AT(mcp_http, reply, 92);
AT(mcp_http, max_bytes, 96);
AT(mcp_http, sink, 104);
AT(mcp_http, sink_data, 112);
AT(mcp_http, reply_file, 120);
AT(mcp_http, timeout_ms, 128);
AT(mcp_http, cache_ms, 132);
AT(mcp_http, file_op, 136);
AT(mcp_http, part, 140);
AT(mcp_http, part_of, 144);
AT(mcp_http, part_suffix, 152);
AT(mcp_http, rows, 160);
AT(mcp_http, body_from, 168);
AT(mcp_http, body_len, 176);
SIZE(mcp_http, 184);

AT(mcp_reply, size, 0);
AT(mcp_reply, status, 4);
AT(mcp_reply, error, 8);
AT(mcp_reply, why, 16);
AT(mcp_reply, body, 24);
AT(mcp_reply, headers, 40);
AT(mcp_reply, n_headers, 48);
AT(mcp_reply, request_id, 56);
AT(mcp_reply, retry_after_ms, 64);
AT(mcp_reply, bytes, 72);
AT(mcp_reply, stopped, 80);
SIZE(mcp_reply, 88);

AT(mcp_failure, size, 0);
AT(mcp_failure, status, 4);
AT(mcp_failure, what, 8);
AT(mcp_failure, why, 16);
AT(mcp_failure, next, 24);
AT(mcp_failure, code, 32);
AT(mcp_failure, http_status, 40);
AT(mcp_failure, request_id, 48);
AT(mcp_failure, retry_after_ms, 56);
AT(mcp_failure, missed, 64);
SIZE(mcp_failure, 72);

AT(mcp_block, size, 0);
AT(mcp_block, kind, 8);
AT(mcp_block, uri, 16);
AT(mcp_block, name, 24);
AT(mcp_block, title, 32);
AT(mcp_block, description, 40);
AT(mcp_block, mime, 48);
AT(mcp_block, text, 56);
AT(mcp_block, blob, 72);
AT(mcp_block, link_size, 88);
AT(mcp_block, role, 96);
AT(mcp_block, trusted, 104);
SIZE(mcp_block, 112);

AT(mcp_column, name, 0);
AT(mcp_column, type, 8);
SIZE(mcp_column, 16);

AT(mcp_table_end, size, 0);
AT(mcp_table_end, total, 8);
AT(mcp_table_end, at_least, 16);
AT(mcp_table_end, more, 17);
AT(mcp_table_end, noun, 24);
AT(mcp_table_end, next, 32);
AT(mcp_table_end, next_from, 40);
AT(mcp_table_end, next_data, 48);
AT(mcp_table_end, whole, 56);
SIZE(mcp_table_end, 64);

AT(mcp_ops, size, 0);
AT(mcp_ops, abi_major, 4);
AT(mcp_ops, abi_minor, 6);
AT(mcp_ops, arguments, 8);
AT(mcp_ops, context, 16);
AT(mcp_ops, number, 24);
AT(mcp_ops, alloc, 32);
AT(mcp_ops, defer, 40);
AT(mcp_ops, block, 48);
AT(mcp_ops, structured, 56);
AT(mcp_ops, table_begin, 64);
AT(mcp_ops, table_row, 72);
AT(mcp_ops, table_end, 80);
AT(mcp_ops, meta, 88);
AT(mcp_ops, completion, 96);
AT(mcp_ops, fail, 104);
AT(mcp_ops, suspend, 112);
AT(mcp_ops, reply, 120);
AT(mcp_ops, http_wait, 128);
AT(mcp_ops, handle, 136);
AT(mcp_ops, working, 144);
AT(mcp_ops, progress, 152);
AT(mcp_ops, client_can, 160);
AT(mcp_ops, require, 168);
AT(mcp_ops, ask, 176);
AT(mcp_ops, log, 184);
AT(mcp_ops, client_log, 192);
AT(mcp_ops, mask, 200);
AT(mcp_ops, changed, 208);
AT(mcp_ops, updated, 216);
SIZE(mcp_ops, 224);

AT(mcp_operation, size, 0);
AT(mcp_operation, start, 8);
AT(mcp_operation, poll, 16);
AT(mcp_operation, cancel, 24);
AT(mcp_operation, answer, 32);
SIZE(mcp_operation, 40);

AT(mcp_row, name, 0);
AT(mcp_row, handler, 8);
AT(mcp_row, operation, 16);
AT(mcp_row, request, 24);
AT(mcp_row, answer, 32);
SIZE(mcp_row, 40);

AT(mcp_rows, row, 0);
AT(mcp_rows, count, 8);
AT(mcp_rows, stride, 12);
SIZE(mcp_rows, 16);

AT(mcp_host, size, 0);
AT(mcp_host, abi_major, 4);
AT(mcp_host, abi_minor, 6);
AT(mcp_host, version, 8);
AT(mcp_host, options, 16);
AT(mcp_host, log, 24);
AT(mcp_host, changed, 32);
AT(mcp_host, updated, 40);
SIZE(mcp_host, 48);

AT(mcp_plugin, size, 0);
AT(mcp_plugin, abi_major, 4);
AT(mcp_plugin, abi_minor, 6);
AT(mcp_plugin, name, 8);
AT(mcp_plugin, version, 16);
AT(mcp_plugin, tools, 24);
AT(mcp_plugin, resources, 40);
AT(mcp_plugin, templates, 56);
AT(mcp_plugin, prompts, 72);
AT(mcp_plugin, completions, 88);
AT(mcp_plugin, start, 104);
AT(mcp_plugin, stop, 112);
SIZE(mcp_plugin, 120);

NUMBER(MCP_OK, 0);
NUMBER(MCP_E_INPUT, -1);
NUMBER(MCP_E_NOT_FOUND, -2);
NUMBER(MCP_E_PERMISSION, -3);
NUMBER(MCP_E_UNAUTHENTICATED, -4);
NUMBER(MCP_E_CONFLICT, -5);
NUMBER(MCP_E_THROTTLED, -6);
NUMBER(MCP_E_UNAVAILABLE, -7);
NUMBER(MCP_E_TIMEOUT, -8);
NUMBER(MCP_E_CANCELLED, -9);
NUMBER(MCP_E_TOO_LARGE, -10);
NUMBER(MCP_E_UPSTREAM, -11);
NUMBER(MCP_E_UNSUPPORTED, -12);
NUMBER(MCP_E_INTERNAL, -13);

NUMBER(MCP_RETRY_NEVER, 0);
NUMBER(MCP_RETRY_SAFE, 1);
NUMBER(MCP_RETRY_IDEMPOTENT, 2);
NUMBER(MCP_RETRY_TOKEN, 3);

NUMBER(MCP_PIECE_BYTES, 0);
NUMBER(MCP_PIECE_SECRET_JSON, 1);
NUMBER(MCP_PIECE_SECRET_BASE64, 2);

NUMBER(MCP_REPLY_BUFFER, 0);
NUMBER(MCP_REPLY_SINK, 1);
NUMBER(MCP_REPLY_FILE, 2);
NUMBER(MCP_REPLY_DISCARD, 3);

NUMBER(MCP_FILE_NONE, 0);
NUMBER(MCP_FILE_LOOK, 1);
NUMBER(MCP_FILE_JOIN, 2);
NUMBER(MCP_FILE_KEEP, 3);
NUMBER(MCP_FILE_DROP, 4);

NUMBER(MCP_CTX_PRINCIPAL, 0);
NUMBER(MCP_CTX_ROW, 1);
NUMBER(MCP_CTX_UPSTREAM_URL, 2);
NUMBER(MCP_CTX_TRACEPARENT, 3);
NUMBER(MCP_CTX_URI, 4);
NUMBER(MCP_CTX_FORMAT, 5);
NUMBER(MCP_CTX_CALL_ID, 6);
NUMBER(MCP_CTX_OPTIONS, 7);
NUMBER(MCP_CTX_HANDLE, 8);
NUMBER(MCP_CTX_NUMBER, 9);

NUMBER(MCP_NUM_DEADLINE_MS, 0);
NUMBER(MCP_NUM_MAX_ROWS, 1);
NUMBER(MCP_NUM_MAX_TEXT, 2);
NUMBER(MCP_NUM_CANCELLED, 3);
NUMBER(MCP_NUM_PROGRESS, 4);
NUMBER(MCP_NUM_NOW_MS, 5);
NUMBER(MCP_NUM_WAIT_MS, 6);

NUMBER(MCP_LOG_DEBUG, 0);
NUMBER(MCP_LOG_INFO, 1);
NUMBER(MCP_LOG_NOTICE, 2);
NUMBER(MCP_LOG_WARNING, 3);
NUMBER(MCP_LOG_ERROR, 4);

NUMBER(MCP_HTTP_CLEANUP, 1);
NUMBER(MCP_HTTP_SINGLE_FLIGHT, 2);

NUMBER(MCP_ABI_MAJOR, 1);
NUMBER(MCP_STATE_MAX, 4096);
NUMBER(MCP_HANDLE_MAX, 512);
NUMBER(MCP_REQUESTS_MAX, 32);
