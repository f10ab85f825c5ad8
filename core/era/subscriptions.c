/* SPDX-License-Identifier: Apache-2.0 */
/* Open subscriptions, and which of them are told about a change. */
#include "era/subscriptions.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/snapshot.h"
#include "era/inside.h"
#include "era/standing.h"
#include "era/streams.h"
#include "era/task_write.h"
#include "era/tasks.h"
#include "era/watch.h"
#include "policy/policy.h"
#include "rpc/frame.h"

#define SUBSCRIPTION_ID META "subscriptionId"

/* The lists that can change: their names in events, filters and notifications. */
static const struct {
	const char *what, *filter, *method;
} kinds[SUBSCRIPTION_KINDS] = {
	{ "tools", "toolsListChanged", "notifications/tools/list_changed" },
	{ "prompts", "promptsListChanged", "notifications/prompts/list_changed" },
	{ "resources", "resourcesListChanged", "notifications/resources/list_changed" },
};

/* What a listen watches, by URI or id. */
struct objects {
	char **text;
	struct watch **watch;
	size_t n;
};

struct subscription {
	struct subscription *next, **link;
	struct request *request;
	bool kind[ARRAY_SIZE(kinds)];
	struct objects resource, task;
};

/* ---- begin and end ------------------------------------------------------------------------- */

static void
objects_fini(struct objects *objects)
{
	for (size_t i = 0; i < objects->n; i++) {
		watch_release(objects->watch[i]);
		free(objects->text[i]);
	}
	free(objects->text);
	free(objects->watch);
}

void
subscription_end(struct request *request)
{
	struct subscription *subscription = request->subscription;

	if (subscription == NULL)
		return;
	CHECK(subscription->request == request && *subscription->link == subscription);
	CHECK(request->eras->n_subscriptions > 0);
	request->subscription = NULL;
	*subscription->link = subscription->next;
	if (subscription->next != NULL)
		subscription->next->link = subscription->link;
	request->eras->n_subscriptions--;
	objects_fini(&subscription->resource);
	objects_fini(&subscription->task);
	free(subscription);
}

static void
subscription_new(struct request *request)
{
	struct eras *eras = request->eras;
	struct subscription *subscription = xcalloc(1, sizeof(*subscription));

	subscription->request = request;
	subscription->next = eras->subscriptions;
	subscription->link = &eras->subscriptions;
	if (subscription->next != NULL)
		subscription->next->link = &subscription->next;
	eras->subscriptions = subscription;
	eras->n_subscriptions++;
	request->subscription = subscription;
	standing_begin(eras);
	request_move(request, REQUEST_LISTENING);
}

typedef struct watch *watch_begin(struct eras *eras, const struct principal *principal,
				  const char *text);

/* Accepts what can be watched; the acknowledgement leaves out the rest. */
static void
read_objects(struct request *request, struct json_object *list, struct objects *objects,
	     watch_begin *begin)
{
	size_t n = list == NULL ? 0 : json_object_array_length(list);

	if (list == NULL)
		return;
	objects->text = xcalloc(n + 1, sizeof(*objects->text));
	objects->watch = xcalloc(n + 1, sizeof(struct watch *));
	for (size_t i = 0; i < n; i++) {
		struct json_object *value = json_object_array_get_idx(list, i);
		const char *text = json_object_get_string(value);
		struct watch *watch = json_object_is_type(value, json_type_string)
					? begin(request->eras, &request->principal, text)
					: NULL;

		if (watch == NULL)
			continue;
		objects->text[objects->n] = xstrdup(text);
		objects->watch[objects->n++] = watch;
	}
}

static void
write_objects(struct json *out, const char *name, const struct objects *objects)
{
	if (objects->text == NULL)
		return;
	json_begin(json_member(out, name), '[');
	for (size_t i = 0; i < objects->n; i++)
		json_string(out, objects->text[i]);
	json_end(out);
}

/* A member of `_meta`: the id of the request that subscribed, as it was received. */
static void
write_subscription(struct json *out, const char *id)
{
	json_raw(json_member(out, SUBSCRIPTION_ID), id, strlen(id));
}

static void
acknowledge(struct request *request)
{
	const struct subscription *subscription = request->subscription;
	struct buf *out = &request->eras->note;
	struct json json;

	buf_reset(out);
	rpc_begin_call(&json, out, NULL, "notifications/subscriptions/acknowledged");
	json_begin(json_member(&json, "params"), '{');
	json_begin(json_member(&json, "_meta"), '{');
	write_subscription(&json, request->message.id);
	json_end(&json);
	json_begin(json_member(&json, "notifications"), '{');
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (subscription->kind[i])
			json_boolean(json_member(&json, kinds[i].filter), true);
	write_objects(&json, "resourceSubscriptions", &subscription->resource);
	write_objects(&json, "taskIds", &subscription->task);
	json_end(&json);
	json_end(&json);
	json_end(&json);
	request_notify(request, out);
}

static bool
too_many(struct json_object *list)
{
	return list != NULL && json_object_array_length(list) > LISTEN_URIS;
}

void
subscriptions_listen(struct request *request)
{
	struct json_object *filter = json_obj(request->message.params, "notifications");
	struct json_object *uris = json_arr(filter, "resourceSubscriptions");
	struct json_object *tasks = json_arr(filter, "taskIds");

	if (filter == NULL) {
		request_error(request, RPC_INVALID_PARAMS, NULL,
			      "params.notifications must be an object");
		return;
	}
	if (too_many(uris) || too_many(tasks)) {
		request_error(request, RPC_INVALID_PARAMS, NULL,
			      "one listen may watch at most %u resources and %u tasks", LISTEN_URIS,
			      LISTEN_URIS);
		return;
	}
	if (tasks != NULL && !tasks_required(request))
		return;
	if (request->eras->n_subscriptions >= LIMIT_LISTENS) {
		request_error(request, RPC_OVERLOADED, NULL,
			      "%u subscriptions are already open: close one, or try again later",
			      LIMIT_LISTENS);
		return;
	}
	subscription_new(request);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		request->subscription->kind[i] = json_flag(filter, kinds[i].filter, false);
	read_objects(request, uris, &request->subscription->resource, watch_resource);
	read_objects(request, tasks, &request->subscription->task, watch_task);
	if (request->exchange->ops->stream(request->exchange))
		acknowledge(request);
	else
		request_error(request, RPC_INVALID_REQUEST, NULL,
			      "a subscription is a stream: Accept must allow text/event-stream");
}

/* ---- reload -------------------------------------------------------------------------------- */

/* Watches the same objects in the new snapshot. False: one of them cannot be watched any more. */
static bool
objects_move(struct request *request, struct objects *objects, watch_begin *begin)
{
	for (size_t i = 0; i < objects->n; i++) {
		struct watch *watch = begin(request->eras, &request->principal, objects->text[i]);

		if (watch == NULL)
			return false;
		watch_release(objects->watch[i]);
		objects->watch[i] = watch;
	}
	return true;
}

/* False: the client must subscribe again, and is then told what it may watch. */
static bool
subscription_move(struct subscription *subscription)
{
	struct request *request = subscription->request;
	struct snapshot *now = request->eras->parts.snapshot;
	struct snapshot *before = request->snapshot;
	bool fine = snapshot_standing(now, &request->principal, before->number) == STANDING_SAME;

	if (!fine)
		return false;
	request->snapshot = snapshot_hold(now);
	request->class = policy_class_of(now->policy, &request->principal);
	fine = objects_move(request, &subscription->resource, watch_resource) &&
	       objects_move(request, &subscription->task, watch_task);
	snapshot_release(before);
	return fine;
}

void
subscriptions_move(struct eras *eras)
{
	struct subscription *subscription = eras->subscriptions, *next;

	for (; subscription != NULL; subscription = next) {
		next = subscription->next; /* ending one ends no other */
		if (!subscription_move(subscription))
			subscription_finish(subscription->request);
	}
}

void
subscriptions_judge(struct eras *eras)
{
	struct subscription *subscription = eras->subscriptions, *next;

	for (; subscription != NULL; subscription = next) {
		const struct request *request = subscription->request;

		next = subscription->next; /* ending one ends no other */
		if (standing_lost(eras, &request->principal, request->snapshot->number))
			subscription_finish(subscription->request);
	}
}

/* ---- changes ------------------------------------------------------------------------------- */

static bool
wants(const struct subscription *subscription, size_t kind, const char *uri,
      const struct watch *watch)
{
	if (uri == NULL)
		return subscription->kind[kind];
	for (size_t i = 0; i < subscription->resource.n; i++)
		if (watch != NULL ? subscription->resource.watch[i] == watch
				  : strcmp(subscription->resource.text[i], uri) == 0)
			return true;
	return false;
}

void
subscriptions_write(struct buf *out, size_t kind, const char *uri, const char *id)
{
	struct json json;

	buf_reset(out);
	rpc_begin_call(&json, out, NULL,
		       uri != NULL ? "notifications/resources/updated" : kinds[kind].method);
	if (uri != NULL || id != NULL) {
		json_begin(json_member(&json, "params"), '{');
		json_optional(&json, "uri", uri);
		if (id != NULL) {
			json_begin(json_member(&json, "_meta"), '{');
			write_subscription(&json, id);
			json_end(&json);
		}
		json_end(&json);
	}
	json_end(&json);
}

/* The client on stdio, if it has a legacy session. */
static void
tell_stdio(struct eras *eras, size_t kind, const char *uri, const struct watch *watch)
{
	const struct session_subscription *subscription =
	    uri == NULL ? NULL : session_subscription(&eras->pipe, uri);
	struct buf *out = &eras->note;

	if (eras->send_stdio == NULL || eras->pipe.state != SESSION_READY)
		return;
	if (uri != NULL &&
	    (subscription == NULL || (watch != NULL && subscription->watch != watch)))
		return;
	subscriptions_write(out, kind, uri, NULL);
	eras->send_stdio(eras->stdio, out->data, out->len);
}

void
subscriptions_tell(struct eras *eras, const char *what, const char *uri, const struct watch *watch)
{
	struct subscription *subscription = eras->subscriptions, *next;
	struct buf *out = &eras->note;
	size_t kind = 0;

	while (uri == NULL && kind < ARRAY_SIZE(kinds) &&
	       (what == NULL || strcmp(kinds[kind].what, what) != 0))
		kind++;
	if (kind == ARRAY_SIZE(kinds))
		return;
	for (; subscription != NULL; subscription = next) {
		next = subscription->next; /* a listen whose peer has left may end here */
		if (!wants(subscription, kind, uri, watch))
			continue;
		subscriptions_write(out, kind, uri, subscription->request->message.id);
		request_notify(subscription->request, out);
	}
	tell_stdio(eras, kind, uri, watch);
	streams_tell(eras, kind, uri, watch);
}

static bool
watches(const struct subscription *subscription, const struct watch *watch)
{
	for (size_t i = 0; i < subscription->task.n; i++)
		if (subscription->task.watch[i] == watch)
			return true;
	return false;
}

void
subscriptions_tell_task(struct eras *eras, const struct watch *watch, const struct row *row,
			const struct task_view *view)
{
	struct subscription *subscription = eras->subscriptions, *next;
	struct buf *out = &eras->note;
	struct json json;

	for (; subscription != NULL; subscription = next) {
		next = subscription->next;
		if (!watches(subscription, watch))
			continue;
		buf_reset(out);
		rpc_begin_call(&json, out, NULL, "notifications/tasks");
		json_begin(json_member(&json, "params"), '{');
		task_write(&json, subscription->request->snapshot->config, row, view);
		json_begin(json_member(&json, "_meta"), '{');
		write_subscription(&json, subscription->request->message.id);
		json_end(&json);
		json_end(&json);
		json_end(&json);
		request_notify(subscription->request, out);
	}
}

void
subscription_finish(struct request *request)
{
	struct json json;
	struct buf meta;

	buf_init(&meta, LIMIT_HANDLE * 8);
	json_start_inside(&json, &meta, '{');
	write_subscription(&json, request->message.id);
	request_begin(request);
	request_end(request, &(struct wrap){ .type = "complete", .ttl_ms = -1, .meta = &meta });
	buf_fini(&meta);
}

void
subscriptions_finish(struct eras *eras)
{
	while (eras->subscriptions != NULL)
		subscription_finish(eras->subscriptions->request);
}
