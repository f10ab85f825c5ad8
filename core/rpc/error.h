/* SPDX-License-Identifier: Apache-2.0 */
/* Every JSON-RPC error of the host, declared once: name, code, HTTP status in the modern era (MCP
 * 2026-07-28, basic/transports and basic/index, "Error Codes"). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RPC_ERROR_H
#define CORE_RPC_ERROR_H

#define RPC_ERRORS(X)                                                                         \
	X(PARSE, -32700, 400)		/* not JSON */                                        \
	X(INVALID_REQUEST, -32600, 400) /* valid JSON, but not a valid JSON-RPC message */    \
	X(METHOD_NOT_FOUND, -32601, 404)                                                      \
	X(INVALID_PARAMS, -32602, 200) /* an unknown tool, a wrong cursor, … */             \
	X(INVALID_META, -32602, 400)   /* `_meta` of the modern era is missing or has a wrong
				        * type */ \
	X(INTERNAL, -32603, 200)                                                              \
	X(RESOURCE_NOT_FOUND, -32602, 200) /* legacy: -32002 */                               \
	X(HEADER_MISMATCH, -32020, 400)                                                       \
	X(MISSING_CAPABILITY, -32021, 400)                                                    \
	X(UNSUPPORTED_VERSION, -32022, 400)                                                   \
	X(UNKNOWN_SESSION, -32001, 404)                                                       \
	X(OVERLOADED, -32603, 503)                                                            \
	X(INSUFFICIENT_SCOPE, -32600, 403) /* RFC 6750, 3.1 */                                \
	X(FAILED, -31000,                                                                     \
	  200) /* a resource or prompt: `data` says what its reader can do. Ours, \
				* outside of what JSON-RPC reserves: nothing of the host failed. */

enum rpc_error {
	RPC_OK,
#define X(name, code, status) RPC_##name,
	RPC_ERRORS(X)
#undef X
};

int rpc_error_code(enum rpc_error error);
int rpc_error_status(enum rpc_error error);

#endif
