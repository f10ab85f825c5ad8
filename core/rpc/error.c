/* SPDX-License-Identifier: Apache-2.0 */
/* The table of JSON-RPC errors. */
#include "rpc/error.h"

static const struct {
	int code, status;
} errors[] = { [RPC_OK] = { 0, 200 },
#define X(name, code, status) [RPC_##name] = { code, status },
	       RPC_ERRORS(X)
#undef X
};

int
rpc_error_code(enum rpc_error error)
{
	return errors[error].code;
}

int
rpc_error_status(enum rpc_error error)
{
	return errors[error].status;
}
