/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/frame.h"

#include <string.h>

#include "base/json_write.h"

static void
begin(struct json *json, struct buf *out, const char *id)
{
	json_start(json, out);
	json_begin(json, '{');
	json_string(json_member(json, "jsonrpc"), "2.0");
	if (id != NULL)
		json_raw(json_member(json, "id"), id, strlen(id));
}

void
rpc_begin_result(struct json *json, struct buf *out, const char *id)
{
	begin(json, out, id);
	json_member(json, "result");
}

void
rpc_begin_call(struct json *json, struct buf *out, const char *id, const char *method)
{
	begin(json, out, id);
	json_string(json_member(json, "method"), method);
}

void
rpc_write_error(struct buf *out, const char *id, int code, const char *message, const char *data)
{
	struct json json;

	begin(&json, out, id);
	json_begin(json_member(&json, "error"), '{');
	json_number(json_member(&json, "code"), code);
	json_string(json_member(&json, "message"), message);
	if (data != NULL)
		json_raw(json_member(&json, "data"), data, strlen(data));
	json_end(&json);
	json_end(&json);
}
