/* SPDX-License-Identifier: Apache-2.0 */
#include "era/prepare.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/pool.h"
#include "config/config.h"
#include "era/inside.h"

/* A json-c tree has one owner at a time: the worker, until its job is done. */
struct prepare {
	struct pool_job job; /* first */
	struct eras *eras;
	struct request *request; /* NULL: the request has ended, and the job has its message */
	struct message message;
	const struct row *row;
	struct json_object *arguments;
	prepare_check *check;
	prepare_done *done;
	struct buf notes, why, text;
	bool nul, fine;
};

bool
prepare_needed(const struct request *request)
{
	return request->message.large;
}

static void
prepare_run(struct pool_job *job)
{
	struct prepare *prepare = (struct prepare *)job;

	prepare->fine =
	    prepare->check == NULL || prepare->check(prepare->row, prepare->arguments, prepare->nul,
						     &prepare->notes, &prepare->why);
	if (prepare->fine)
		buf_json_tree(&prepare->text, prepare->arguments);
}

static void
prepare_free(struct prepare *prepare)
{
	buf_fini(&prepare->notes);
	buf_fini(&prepare->why);
	buf_fini(&prepare->text);
	free(prepare);
}

static void
prepare_over(struct pool_job *job)
{
	struct prepare *prepare = (struct prepare *)job;
	struct request *request = prepare->request;

	if (request != NULL) {
		CHECK(request->prepare == prepare && request->phase == REQUEST_PREPARING);
		request->prepare = NULL;
		prepare->done(request, prepare->row, prepare->arguments, &prepare->notes,
			      &prepare->text, prepare->fine ? NULL : &prepare->why);
	} else {
		message_dispose(prepare->eras, &prepare->message);
	}
	prepare_free(prepare);
}

/* Called when the host stops, for a request that has ended before. */
static void
prepare_drop(struct pool_job *job)
{
	struct prepare *prepare = (struct prepare *)job;

	message_fini(&prepare->message);
	prepare_free(prepare);
}

void
prepare_start(struct request *request, const struct row *row, struct json_object *arguments,
	      prepare_check *check, prepare_done *done)
{
	struct prepare *prepare = xcalloc(1, sizeof(*prepare));

	prepare->job = (struct pool_job){ .run = prepare_run,
					  .done = prepare_over,
					  .drop = prepare_drop,
					  .group = request->eras };
	prepare->eras = request->eras;
	prepare->request = request;
	prepare->row = row;
	prepare->arguments = arguments;
	prepare->nul = request->message.nul;
	prepare->check = check;
	prepare->done = done;
	buf_init_keeping(&prepare->notes, PREPARE_NOTES_MAX);
	buf_init_keeping(&prepare->why, PREPARE_WHY_MAX);
	buf_init(&prepare->text, LIMIT_BODY * 2);
	CHECK(request->prepare == NULL);
	request_move(request, REQUEST_PREPARING);
	request->prepare = prepare;
	pool_submit(request->eras->parts.pool, &prepare->job);
}

void
prepare_leave(struct request *request)
{
	struct prepare *prepare = request->prepare;

	if (prepare == NULL)
		return;
	CHECK(prepare->request == request);
	prepare->request = NULL;
	prepare->message = request->message;
	memset(&request->message, 0, sizeof(request->message));
	request->prepare = NULL;
}

/* ---- memory -------------------------------------------------------------------------------- */

struct disposal {
	struct pool_job job; /* first */
	struct message message;
};

static void
disposal_run(struct pool_job *job)
{
	message_fini(&((struct disposal *)job)->message);
}

static void
disposal_over(struct pool_job *job)
{
	free(job);
}

static void
disposal_drop(struct pool_job *job)
{
	disposal_run(job); /* when the job has run, the message is empty already */
	free(job);
}

void
message_dispose(struct eras *eras, struct message *message)
{
	struct disposal *disposal;

	if (!message->large || eras->parts.pool == NULL || eras->state == ERAS_ENDING) {
		message_fini(message);
		return;
	}
	disposal = xcalloc(1, sizeof(*disposal));
	disposal->job = (struct pool_job){
		.run = disposal_run, .done = disposal_over, .drop = disposal_drop, .group = eras
	};
	disposal->message = *message;
	memset(message, 0, sizeof(*message));
	pool_submit(eras->parts.pool, &disposal->job);
}
