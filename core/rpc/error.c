/* SPDX-License-Identifier: Apache-2.0 */
/* The table of errors, and the frames of answers: everything around a result or an error that does
 * not depend on the revision. */
#include "rpc/error.h"

#include "base/buf.h"

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

static void
frame_begin(struct buf *out, const char *id)
{
	buf_puts(out, "{\"jsonrpc\":\"2.0\",");
	if (id != NULL) {
		buf_puts(out, "\"id\":");
		buf_puts(out, id);
		buf_putc(out, ',');
	}
}

void
rpc_write_error(struct buf *out, const char *id, int code, const char *message, const char *data)
{
	frame_begin(out, id);
	buf_printf(out, "\"error\":{\"code\":%d,\"message\":", code);
	buf_json_str(out, message);
	if (data != NULL) {
		buf_puts(out, ",\"data\":");
		buf_puts(out, data);
	}
	buf_puts(out, "}}");
}

void
rpc_begin_result(struct buf *out, const char *id)
{
	frame_begin(out, id);
	buf_puts(out, "\"result\":");
}

void
rpc_end_result(struct buf *out)
{
	buf_putc(out, '}');
}
