/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes messages between host and worker: the first byte is the kind. A message that is read
 * without fault is written as the same bytes, and has the properties that the code relies on. */
#include "fuzz.h"

#include <string.h>

#include "run/requests.h"
#include "worker/wire.h"

static struct wire_reader
reader(const uint8_t *data, size_t len)
{
	return (struct wire_reader){ (const char *)data, (const char *)data + len, false };
}

static void
same(const struct buf *out, const uint8_t *data, size_t len)
{
	PROMISE(buf_ok(out) && out->len == len && memcmp(out->data, data, len) == 0);
}

static void
fuzz_input(const uint8_t *data, size_t len, struct buf *out)
{
	struct wire_reader in = reader(data, len);
	struct run_input input;

	wire_take_input(&in, &input);
	if (!wire_at_end(&in))
		return;
	PROMISE(input.handle_len <= MCP_HANDLE_MAX && input.arguments != NULL);
	wire_input(out, &input);
	same(out, data, len);
}

static void
fuzz_requests(const uint8_t *data, size_t len, struct buf *out)
{
	struct wire_reader in = reader(data, len);
	struct mcp_http *request = wire_take_requests(&in, 1);

	if (request != NULL && wire_at_end(&in)) {
		PROMISE(requests_check(request, 1) == NULL);
		PROMISE((request->reply == MCP_REPLY_SINK) == (request->sink != NULL));
		wire_request(out, request);
		same(out, data, len);
	}
	requests_free(request, 1);
}

static void
fuzz_reply(const uint8_t *data, size_t len, struct buf *out)
{
	struct wire_reader in = reader(data, len);
	struct mcp_header headers[WIRE_HEADERS_MAX];
	struct mcp_reply reply;

	wire_take_reply(&in, &reply, headers);
	if (!wire_at_end(&in))
		return;
	PROMISE(reply.why != NULL && reply.request_id != NULL && reply.status <= 999);
	PROMISE(reply.error <= MCP_OK && reply.error >= MCP_E_INTERNAL);
	wire_reply(out, &reply);
	PROMISE(buf_ok(out));
}

static void
fuzz_outcome(const uint8_t *data, size_t len, struct buf *out)
{
	struct wire_reader in = reader(data, len);
	struct outcome outcome;

	wire_take_outcome(&in, &outcome);
	PROMISE(outcome.handle_len <= MCP_HANDLE_MAX);
	PROMISE(outcome.requests <= MCP_REQUESTS_MAX && outcome.questions <= QUESTIONS_MAX);
	if (wire_at_end(&in)) {
		PROMISE((outcome.kind == OUTCOME_ASK) == (outcome.questions > 0));
		wire_outcome(out, &outcome);
		same(out, data, len);
	}
	outcome_fini(&outcome);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static void (*const kinds[])(const uint8_t *data, size_t len,
				     struct buf *out) = { fuzz_input, fuzz_requests, fuzz_reply,
							  fuzz_outcome };
	struct buf out;

	if (len == 0)
		return 0;
	buf_init(&out, WIRE_MESSAGE_MAX);
	kinds[data[0] % 4](data + 1, len - 1, &out);
	buf_fini(&out);
	return 0;
}
