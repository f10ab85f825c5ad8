/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of revision 2025-03-26: each element is a message of its own, and the answers are sent
 * together. A notification of an element opens the stream as usual. */
#include "era/batch.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "era/inside.h"
#include "era/legacy.h"
#include "era/receive.h"
#include "rpc/frame.h"

struct batch {
	struct exchange *exchange;
	struct buf answers;
	struct json array; /* their writer */
	size_t answered;
	/* number of elements without an answer, plus one while the batch is being read */
	size_t open;
};

static void
release(struct batch *batch)
{
	struct exchange *exchange = batch->exchange;
	struct buf *answers = &batch->answers;

	CHECK(batch->open > 0);
	if (--batch->open > 0)
		return;
	/* the batch had only notifications, or all requests were cancelled */
	if (batch->answered == 0) {
		exchange_accept(exchange);
	} else {
		json_end(&batch->array);
		if (!buf_ok(answers)) {
			buf_reset(answers);
			rpc_write_error(answers, NULL, rpc_error_code(RPC_INTERNAL),
					"the answers together are larger than one message may "
					"be",
					NULL);
		}
		exchange->ops->finish(exchange, 200, NULL, 0, answers->data, answers->len);
	}
	buf_fini(answers);
	free(batch);
}

static void
add(struct batch *batch, const struct buf *answer)
{
	json_raw(&batch->array, answer->data, answer->len);
	batch->answered++;
}

void
batch_add(struct batch *batch, const struct buf *answer)
{
	if (answer != NULL)
		add(batch, answer);
	release(batch);
}

static void
element_receive(struct eras *eras, struct session *session, struct batch *batch,
		const struct message *message, size_t i)
{
	struct message element;
	struct buf error;
	char why[256];
	int code = message_element(&element, message, i, why, sizeof(why));

	if (code == 0) {
		if (element.kind == MESSAGE_REQUEST)
			batch->open++;
		legacy_message(eras, batch->exchange, session, batch, &element);
	} else {
		buf_init(&error, NOTE_MAX);
		rpc_write_error(&error, element.id, code, why, NULL);
		add(batch, &error);
		buf_fini(&error);
	}
	message_fini(&element);
}

void
batch_receive(struct eras *eras, struct exchange *exchange, struct session *session,
	      const struct message *message)
{
	size_t n = json_object_array_length(message->tree);
	struct batch *batch;
	const char *fault = NULL;

	if (session->revision != REV_2025_03_26)
		fault = "this revision has no batches: send one message at a time";
	else if (n == 0)
		fault = "a batch must not be empty";
	else if (n > BATCH_MAX)
		fault = "a batch has at most 100 messages";
	if (fault != NULL) {
		exchange_refuse(eras, exchange, 400, NULL, rpc_error_code(RPC_INVALID_REQUEST),
				fault);
		return;
	}
	batch = xcalloc(1, sizeof(*batch));
	batch->exchange = exchange;
	batch->open = 1;
	buf_init(&batch->answers, ANSWER_MAX);
	json_start(&batch->array, &batch->answers);
	json_begin(&batch->array, '[');
	for (size_t i = 0; i < n; i++)
		element_receive(eras, session, batch, message, i);
	release(batch);
}
