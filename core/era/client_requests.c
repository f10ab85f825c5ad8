/* SPDX-License-Identifier: Apache-2.0 */
/* Server-to-client requests of the legacy revisions (MCP 2025-11-25, client/elicitation,
 * client/sampling, client/roots). */
#include "era/client_requests.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/loop.h"
#include "base/mem.h"
#include "call/call.h"
#include "era/downgrade.h"
#include "era/inside.h"
#include "era/invoke.h"
#include "rpc/frame.h"

#define ID_MAX 40

struct asked {
	struct hash_link by_id; /* link in eras->asked until the question is answered */
	struct request *request;
	char id[ID_MAX];
	char *key, *method;
	bool answered;
};

/* Exists from the first question of a request to the request's end, because the client's time is
 * counted from the first question. */
struct client_requests {
	struct loop_timer timer;
	struct request *request;
	struct asked *asked; /* of this round */
	size_t n, open;
	bool late; /* the time is over, so no more questions are sent */
};

/* ---- sending ------------------------------------------------------------------------------- */

static bool
send_question(struct request *request, const struct question *question, struct asked *asked)
{
	struct buf *out = &request->eras->note;
	struct json_object *params =
	    json_parse(question->params, strlen(question->params), &json_upstream, NULL, NULL);
	char id[ID_MAX + 2];
	struct json json;

	snprintf(asked->id, sizeof(asked->id), "lakehost-%" PRIu64, ++request->eras->questions);
	asked->request = request;
	asked->by_id.owner = asked;
	hash_add(&request->eras->asked, &asked->by_id, hash_of(NULL, asked->id, strlen(asked->id)));
	asked->key = xstrdup(question->key);
	asked->method = xstrdup(question->method);
	downgrade_question(params, request->revision, asked->id);
	buf_reset(out);
	snprintf(id, sizeof(id), "\"%s\"", asked->id);
	rpc_begin_call(&json, out, id, question->method);
	json_tree(json_member(&json, "params"), params);
	json_end(&json);
	json_object_put(params);
	return request_notify(request, out);
}

/* Tells the client that the question is cancelled. */
static void
send_cancelled(struct request *request, const struct asked *asked)
{
	struct buf *out = &request->eras->note;
	struct json json;

	buf_reset(out);
	rpc_begin_call(&json, out, NULL, "notifications/cancelled");
	json_begin(json_member(&json, "params"), '{');
	json_string(json_member(&json, "requestId"), asked->id);
	json_string(json_member(&json, "reason"), "the request that asked has ended");
	json_end(&json);
	json_end(&json);
	request_notify(request, out);
}

static void
round_fini(struct client_requests *requests)
{
	for (size_t i = 0; i < requests->n; i++) {
		if (!requests->asked[i].answered)
			hash_remove(&requests->request->eras->asked, &requests->asked[i].by_id);
		free(requests->asked[i].key);
		free(requests->asked[i].method);
	}
	free(requests->asked);
	requests->asked = NULL;
	requests->n = requests->open = 0;
}

/* ---- ending -------------------------------------------------------------------------------- */

void
client_requests_end(struct request *request, bool tell)
{
	struct client_requests *requests = request->asked;

	if (requests == NULL)
		return;
	request->asked = NULL;
	for (size_t i = 0; tell && i < requests->n; i++)
		if (!requests->asked[i].answered)
			send_cancelled(request, &requests->asked[i]);
	loop_timer_stop(request->eras->parts.loop, &requests->timer);
	round_fini(requests);
	free(requests);
}

static void
give_up(struct request *request, enum mcp_status status, const char *what, const char *why)
{
	client_requests_end(request, true);
	invoke_fail(request, status, what, why, NULL);
}

static void
give_up_late(struct request *request)
{
	give_up(request, MCP_E_TIMEOUT, "The client did not answer in time",
		"The time for all questions of one request is over");
}

static void
timed_out(struct loop_timer *timer)
{
	struct client_requests *requests = timer->data;

	requests->late = true;
	if (requests->open > 0)
		give_up_late(requests->request);
}

/* ---- a round ------------------------------------------------------------------------------- */

static struct client_requests *
requests_of(struct request *request)
{
	struct client_requests *requests = request->asked;

	if (requests != NULL)
		return requests;
	requests = xcalloc(1, sizeof(*requests));
	requests->request = request;
	requests->timer = (struct loop_timer){ .fn = timed_out, .data = requests };
	loop_timer_set(request->eras->parts.loop, &requests->timer, request->eras->parts.ask_ms);
	request->asked = requests;
	return requests;
}

void
client_requests_ask(struct request *request, const struct outcome *outcome)
{
	struct client_requests *requests = requests_of(request);
	bool sent = true;

	if (requests->late) {
		give_up_late(request);
		return;
	}
	request_move(request, REQUEST_ASKING);
	request->round++;
	requests->asked = xcalloc(outcome->questions + 1, sizeof(*requests->asked));
	for (size_t i = 0; sent && i < outcome->questions; i++) {
		requests->n = requests->open = i + 1;
		sent = send_question(request, &outcome->question[i], &requests->asked[i]);
	}
	if (!sent)
		give_up(request, MCP_E_UNAVAILABLE, "The client cannot be asked",
			"The connection of the client is closed, or the client accepts no more "
			"messages");
}

void
client_requests_send(struct request *request)
{
	client_requests_ask(request, request->call->outcome);
}

/* Called when all answers have arrived: the call continues with them. */
static void
resume(struct request *request)
{
	char *old = request->answers_text;
	struct buf text;

	round_fini(request->asked);
	if (request->call == NULL) { /* the host asked, not the call */
		invoke_confirmed(request);
		return;
	}
	buf_init(&text, ANSWER_MAX);
	buf_json_tree(&text, request->answers);
	request->answers_text = buf_take(&text, NULL);
	free(old);
	if (request->answers_text == NULL) {
		give_up(request, MCP_E_TOO_LARGE, "The client's answers are too large",
			"Together the answers are larger than one call may hold");
		return;
	}
	request_move(request, REQUEST_CALLING);
	call_answer(request->call, request->answers_text);
}

static void
answered(struct request *request, struct asked *asked, const struct message *message)
{
	struct json_object *error = json_obj(message->tree, "error");
	struct json_object *result = json_obj(message->tree, "result");
	const char *why = json_str(error, "message");
	char what[128];

	CHECK(request->phase == REQUEST_ASKING && request->asked->open > 0);
	asked->answered = true;
	hash_remove(&request->eras->asked, &asked->by_id);
	request->asked->open--;
	if (error != NULL) {
		snprintf(what, sizeof(what), "The client did not answer %s", asked->method);
		give_up(request, MCP_E_UNAVAILABLE, what, why);
		return;
	}
	if (request->answers == NULL)
		request->answers = json_object_new_object();
	if (result != NULL) /* otherwise the answer counts as missing, and the call may ask again */
		json_object_object_add(request->answers, asked->key, json_object_get(result));
	if (request->asked->open == 0)
		resume(request);
}

void
client_requests_answered(struct eras *eras, const struct peer *peer, const struct message *message)
{
	const char *id = message_text(message->tree, "id");
	const struct hash_link *link;

	if (id == NULL)
		return;
	link = hash_find(&eras->asked, hash_of(NULL, id, strlen(id)));
	for (; link != NULL; link = hash_next(link)) {
		struct asked *asked = link->owner;

		if (asked->request->peer == peer && strcmp(asked->id, id) == 0) {
			answered(asked->request, asked, message);
			return;
		}
	}
}
