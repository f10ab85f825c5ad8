/* SPDX-License-Identifier: Apache-2.0 */
#include "era/progress.h"

#include <string.h>

#include "era/inside.h"
#include "era/request.h"
#include "rpc/frame.h"

void
progress_notify(struct request *request, double done, double total, const char *message)
{
	struct buf *out = &request->eras->note;
	struct json json;

	if (request->progress_token == NULL)
		return;
	buf_reset(out);
	rpc_begin_call(&json, out, NULL, "notifications/progress");
	json_begin(json_member(&json, "params"), '{');
	json_raw(json_member(&json, "progressToken"), request->progress_token,
		 strlen(request->progress_token));
	json_double(json_member(&json, "progress"), done);
	if (total > 0)
		json_double(json_member(&json, "total"), total);
	if (request->revision >= REV_2025_03_26)
		json_optional(&json, "message", message);
	json_end(&json);
	json_end(&json);
	request_notify(request, out);
}
