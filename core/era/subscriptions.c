/* SPDX-License-Identifier: Apache-2.0 */
/* Open subscriptions, and which of them are told about a change. */
#include "era/subscriptions.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "config/config.h"
#include "era/inside.h"
#include "rpc/frame.h"

#define SUBSCRIPTION_ID META "subscriptionId"

/* The lists that can change: their names in events, filters and notifications. */
static const struct {
	const char *what, *filter, *method;
} kinds[] = {
	{ "tools", "toolsListChanged", "notifications/tools/list_changed" },
	{ "prompts", "promptsListChanged", "notifications/prompts/list_changed" },
	{ "resources", "resourcesListChanged", "notifications/resources/list_changed" },
};

struct subscription {
	struct subscription *next, **link;
	struct request *request;
	bool kind[ARRAY_SIZE(kinds)];
	char **uri;
	size_t uris;
};

/* ---- begin and end ------------------------------------------------------------------------- */

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
	for (size_t i = 0; i < subscription->uris; i++)
		free(subscription->uri[i]);
	free(subscription->uri);
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
	request_move(request, REQUEST_LISTENING);
}

/* Reads which changes the client wants. Kinds of changes that the host does not have are left
 * out of the acknowledgement. */
static void
read_uris(struct request *request, struct json_object *uris)
{
	struct subscription *subscription = request->subscription;
	size_t n = json_object_array_length(uris);

	subscription->uri = xcalloc(n + 1, sizeof(*subscription->uri));
	for (size_t i = 0; i < n; i++) {
		struct json_object *value = json_object_array_get_idx(uris, i), *arguments = NULL;
		const char *uri = json_object_get_string(value);

		if (!json_object_is_type(value, json_type_string) ||
		    registry_resource(request->eras->parts.registry, uri, request->principal.access,
				      &arguments) == NULL)
			continue;
		json_object_put(arguments);
		subscription->uri[subscription->uris++] = xstrdup(uri);
	}
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
	if (subscription->uri != NULL) {
		json_begin(json_member(&json, "resourceSubscriptions"), '[');
		for (size_t i = 0; i < subscription->uris; i++)
			json_string(&json, subscription->uri[i]);
		json_end(&json);
	}
	json_end(&json);
	json_end(&json);
	json_end(&json);
	request_notify(request, out);
}

void
subscriptions_listen(struct request *request)
{
	struct json_object *filter = json_obj(request->message.params, "notifications");
	struct json_object *uris = json_arr(filter, "resourceSubscriptions");

	if (filter == NULL) {
		request_error(request, RPC_INVALID_PARAMS, NULL,
			      "params.notifications must be an object");
		return;
	}
	if (uris != NULL && json_object_array_length(uris) > LISTEN_URIS) {
		request_error(request, RPC_INVALID_PARAMS, NULL,
			      "one listen may watch at most %u resources", LISTEN_URIS);
		return;
	}
	if (request->eras->n_subscriptions >= LIMIT_LISTENS) {
		request_error(request, RPC_OVERLOADED, NULL,
			      "%u subscriptions are already open: close one, or try again later",
			      LIMIT_LISTENS);
		return;
	}
	subscription_new(request);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		request->subscription->kind[i] = json_flag(filter, kinds[i].filter, false);
	if (uris != NULL)
		read_uris(request, uris);
	if (request->exchange->ops->stream(request->exchange))
		acknowledge(request);
	else
		request_error(request, RPC_INVALID_REQUEST, NULL,
			      "a subscription is a stream: Accept must allow text/event-stream");
}

/* ---- changes ------------------------------------------------------------------------------- */

static bool
wants(const struct subscription *subscription, size_t kind, const char *uri)
{
	if (uri == NULL)
		return subscription->kind[kind];
	for (size_t i = 0; i < subscription->uris; i++)
		if (strcmp(subscription->uri[i], uri) == 0)
			return true;
	return false;
}

/* `id` is raw JSON, or NULL for a legacy session, which has no subscriptions. */
static void
write_change(struct buf *out, size_t kind, const char *uri, const char *id)
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

void
subscriptions_tell(struct eras *eras, const char *what, const char *uri)
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
		if (!wants(subscription, kind, uri))
			continue;
		write_change(out, kind, uri, subscription->request->message.id);
		request_notify(subscription->request, out);
	}
	if (eras->send_stdio == NULL || eras->pipe.state != SESSION_READY ||
	    (uri != NULL && !session_subscribed(&eras->pipe, uri)))
		return;
	write_change(out, kind, uri, NULL);
	eras->send_stdio(eras->stdio, out->data, out->len);
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
