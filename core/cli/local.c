/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line as a client of its own host: an exchange whose bytes stay in the process.
 * Therefore `call`, `read` and `tools` are handled exactly like a request from outside.
 */
#include "cli/cli.h"

#include <json-c/json.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/loop.h"
#include "base/mem.h"
#include "call/calls.h"
#include "host/host.h"
#include "rpc/exchange.h"
#include "rpc/frame.h"

#define LOCAL_REQUEST_MAX (8u << 20)
#define LOCAL_ROUNDS_MAX 16
#define LOCAL_CANCEL_MS 12000 /* the clean-up time of a cancelled call, plus a margin */

struct local {
	struct exchange exchange;
	struct host *host;
	struct loop_watch signals;
	struct loop_timer give_up;
	void (*notify)(void *data, struct json_object *message);
	void *notify_data;
	struct json_object *answer; /* the whole JSON-RPC response */
	int id;
	bool done, cancelled, looping;
};

static bool
local_notify(struct exchange *exchange, const char *json, size_t len)
{
	struct local *local = (struct local *)exchange;
	struct json_object *message;

	if (local->notify == NULL)
		return true;
	message = json_parse(json, len, &json_upstream, NULL, NULL);
	if (message != NULL)
		local->notify(local->notify_data, message);
	json_object_put(message);
	return true;
}

static bool
local_stream(struct exchange *exchange)
{
	(void)exchange;
	return true;
}

static void
local_finish(struct exchange *exchange, int status, const struct exchange_header *headers, size_t n,
	     const char *json, size_t len)
{
	struct local *local = (struct local *)exchange;

	(void)status;
	(void)headers;
	(void)n;
	if (json != NULL)
		local->answer = json_parse(json, len, &json_upstream, NULL, NULL);
	local->done = true;
	/* An answer within receiver->message() comes before the loop runs: a stop would then end
	 * the loop of the next round at once. */
	if (local->looping)
		loop_stop(host_loop(local->host));
}

static const struct exchange_ops local_ops = {
	.header = exchange_no_header,
	.headers = exchange_no_headers,
	.notify = local_notify,
	.stream = local_stream,
	.finish = local_finish,
};

/* The notification that cancels a request has an exchange of its own, whose answer is not read. */
static void
discard_finish(struct exchange *exchange, int status, const struct exchange_header *headers,
	       size_t n, const char *json, size_t len)
{
	(void)status;
	(void)headers;
	(void)n;
	(void)json;
	(void)len;
	free(exchange);
}

static const struct exchange_ops discard_ops = {
	.header = exchange_no_header,
	.headers = exchange_no_headers,
	.notify = local_notify,
	.stream = local_stream,
	.finish = discard_finish,
};

static void
principal_init(struct exchange *exchange, struct host *host)
{
	strcpy(exchange->principal.name, PRINCIPAL_LOCAL);
	exchange->principal.access = host_config(host)->access;
}

static void
give_up(struct loop_timer *timer)
{
	struct local *local = timer->data;

	loop_stop(host_loop(local->host));
}

/* SIGINT cancels the request, as on stdio. No answer will come, but the remote work is still being
 * cancelled. The process waits until that is done. */
static void
poll_drained(struct loop_timer *timer)
{
	struct local *local = timer->data;

	if (calls_running(host_calls(local->host)) == 0)
		loop_stop(host_loop(local->host));
	else
		loop_timer_set(host_loop(local->host), timer, 20);
}

static void
interrupted(struct loop_watch *watch, uint32_t events)
{
	struct local *local = watch->data;
	const struct receiver *receiver = host_receiver(local->host);
	static struct loop_timer drained;
	struct signalfd_siginfo info;
	struct exchange *exchange;
	struct json json;
	struct buf text;

	(void)events;
	if (read(watch->fd, &info, sizeof(info)) != sizeof(info) || local->cancelled)
		return;
	local->cancelled = true;
	exchange = xcalloc(1, sizeof(*exchange));
	exchange->ops = &discard_ops;
	principal_init(exchange, local->host);
	buf_init(&text, LOCAL_REQUEST_MAX);
	rpc_begin_call(&json, &text, NULL, "notifications/cancelled");
	json_begin(json_member(&json, "params"), '{');
	json_number(json_member(&json, "requestId"), local->id);
	json_string(json_member(&json, "reason"), "interrupted");
	json_end(&json);
	json_end(&json);
	receiver->message(receiver->data, exchange, text.data, text.len);
	buf_fini(&text);
	drained = (struct loop_timer){ .fn = poll_drained, .data = local };
	loop_timer_set(host_loop(local->host), &drained, 0);
	local->give_up = (struct loop_timer){ .fn = give_up, .data = local };
	loop_timer_set(host_loop(local->host), &local->give_up, LOCAL_CANCEL_MS);
}

static void
watch_signals(struct local *local)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	local->signals = (struct loop_watch){ .fn = interrupted, .data = local };
	loop_add(host_loop(local->host), &local->signals,
		 signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), EPOLLIN);
}

static void
unwatch_signals(struct local *local)
{
	int fd = local->signals.fd;

	loop_timer_stop(host_loop(local->host), &local->give_up);
	loop_remove(host_loop(local->host), &local->signals);
	close(fd);
}

static void
message_write(struct buf *out, int id, const char *method, struct json_object *params)
{
	struct json_object *meta = json_object_new_object();
	struct json_object *can = json_object_new_object();
	char raw_id[16];
	struct json json;

	json_object_object_add(meta, "io.modelcontextprotocol/protocolVersion",
			       json_object_new_string("2026-07-28"));
	if (isatty(STDIN_FILENO))
		json_object_object_add(can, "elicitation", json_object_new_object());
	json_object_object_add(meta, "io.modelcontextprotocol/clientCapabilities", can);
	json_object_object_add(meta, "progressToken", json_object_new_int(id));
	json_object_object_add(params, "_meta", meta);
	snprintf(raw_id, sizeof(raw_id), "%d", id);
	rpc_begin_call(&json, out, raw_id, method);
	json_tree(json_member(&json, "params"), params);
	json_end(&json);
}

/* One round: sends the request and runs the loop until the answer arrives or the cancelled call has
 * ended. */
static void
round_trip(struct local *local, const char *method, struct json_object *params)
{
	const struct receiver *receiver = host_receiver(local->host);
	struct buf message;

	buf_init(&message, LOCAL_REQUEST_MAX);
	local->exchange = (struct exchange){ .ops = &local_ops };
	principal_init(&local->exchange, local->host);
	local->done = false;
	local->id++;
	message_write(&message, local->id, method, params);
	receiver->message(receiver->data, &local->exchange, message.data, message.len);
	local->looping = !local->done;
	if (local->looping)
		loop_run(host_loop(local->host), 0);
	local->looping = false;
	buf_fini(&message);
}

/* Puts the answers to all questions of an input_required result into `params`; false when there is
 * no terminal to ask on. */
static bool
answer_questions(struct json_object *result, struct json_object *params)
{
	struct json_object *requests = json_obj(result, "inputRequests");
	struct json_object *responses = json_object_new_object();
	struct json_object *state = json_get(result, "requestState");
	bool all = true;

	if (requests != NULL) {
		json_object_object_foreach(requests, key, request) {
			struct json_object *answer = question_answer(request);

			all = all && answer != NULL;
			if (answer != NULL)
				json_object_object_add(responses, key, answer);
		}
	}
	json_object_object_add(params, "inputResponses", responses);
	if (state != NULL)
		json_object_object_add(params, "requestState", json_object_get(state));
	return all;
}

void
local_request(struct host *host, const char *method, struct json_object *params,
	      void (*notify)(void *data, struct json_object *message), void *data,
	      struct local_answer *answer)
{
	struct local local = { .host = host, .notify = notify, .notify_data = data };

	memset(answer, 0, sizeof(*answer));
	watch_signals(&local);
	for (int round = 0; round < LOCAL_ROUNDS_MAX; round++) {
		struct json_object *result;

		round_trip(&local, method, params);
		result = json_obj(local.answer, "result");
		if (local.cancelled || result == NULL ||
		    strcmp(json_str(result, "resultType") ? json_str(result, "resultType") : "",
			   "input_required") != 0)
			break;
		if (!answer_questions(result, params))
			break;
		json_object_put(local.answer);
		local.answer = NULL;
	}
	unwatch_signals(&local);
	answer->cancelled = local.cancelled;
	answer->result = json_object_get(json_obj(local.answer, "result"));
	answer->error = json_object_get(json_obj(local.answer, "error"));
	json_object_put(local.answer);
	json_object_put(params);
}

/* Appends the items of a further page. */
static void
append_page(struct json_object *all, struct json_object *page, const char *member)
{
	struct json_object *items = json_arr(page, member), *list = json_arr(all, member);

	for (size_t i = 0; items != NULL && i < json_object_array_length(items); i++)
		json_object_array_add(list, json_object_get(json_object_array_get_idx(items, i)));
}

struct json_object *
local_list(struct host *host, const char *method, const char *member)
{
	struct json_object *all = NULL, *cursor = NULL;

	do {
		struct json_object *params = json_object_new_object();
		struct local_answer answer;

		if (cursor != NULL)
			json_object_object_add(params, "cursor", cursor);
		local_request(host, method, params, NULL, NULL, &answer);
		if (answer.result == NULL) {
			local_print_error(&answer);
			local_answer_fini(&answer);
			json_object_put(all);
			return NULL;
		}
		cursor = json_object_get(json_get(answer.result, "nextCursor"));
		if (all == NULL) {
			all = json_object_get(answer.result);
			json_object_object_del(all, "nextCursor");
		} else {
			append_page(all, answer.result, member);
		}
		local_answer_fini(&answer);
	} while (cursor != NULL);
	return all;
}

void
local_print_error(const struct local_answer *answer)
{
	const char *text = json_str(answer->error, "message");

	fputs("lakehost: ", stderr);
	render_line(stderr, answer->cancelled ? "cancelled" : text != NULL ? text : "no answer");
	fputc('\n', stderr);
}

void
local_answer_fini(struct local_answer *answer)
{
	json_object_put(answer->result);
	json_object_put(answer->error);
}
