/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The requests that reached the sandbox, for tests that check what a client sends: GET and DELETE
 * /_sandbox/requests. Only the scheme of credentials is stored.
 */
#include "sandbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "internal.h"

enum { MAX_ENTRIES = 5000, MAX_ENTRY_BYTES = 16 * 1024 };

static struct {
	pthread_mutex_t lock;
	char *entries[MAX_ENTRIES];
	char *paths[MAX_ENTRIES];
	int64_t next; /* number of the next entry; the first entry is 0 */
} ring = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
add_header(void *arg, const char *name, const char *value)
{
	struct json_object *headers = arg;
	static const char *const secret[] = { "cookie", "x-sandbox-key",
					      "x-databricks-azure-sp-management-token",
					      "x-databricks-gcp-sa-access-token",
					      "x-forwarded-access-token" };
	char *folded = text_fold(name);

	if (strcmp(folded, "authorization") == 0) {
		char *shown = xprintf("%.*s (redacted)", (int)strcspn(value, " "), value);

		json_add_str(headers, folded, strchr(value, ' ') != NULL ? shown : "(redacted)");
		free(shown);
		free(folded);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(secret); i++)
		if (strcmp(folded, secret[i]) == 0)
			value = "(redacted)";
	json_add_str(headers, folded, value);
	free(folded);
}

/* Repeated keys become an array, so that no value is lost. */
static struct json_object *
query_object(const struct request *req)
{
	struct json_object *obj = json_object_new_object();

	for (size_t i = 0; i < req->arg_count; i++) {
		struct json_object *old = json_get(obj, req->args[i].name);
		struct json_object *value = json_object_new_string(req->args[i].value);

		if (json_object_is_type(old, json_type_array)) {
			json_object_array_add(old, value);
		} else if (old != NULL) {
			struct json_object *list = json_object_new_array();

			json_object_array_add(list, json_object_get(old));
			json_object_array_add(list, value);
			json_add(obj, req->args[i].name, list);
		} else {
			json_add(obj, req->args[i].name, value);
		}
	}
	return obj;
}

static struct json_object *
describe(struct request *req, int status, const char *fault, int64_t started_ms)
{
	struct json_object *entry = json_object_new_object(), *headers = json_object_new_object();
	bool ext = strncmp(req->raw_path, "/_sandbox/ext/", 14) == 0;

	json_add_int(entry, "time", started_ms);
	json_add_str(entry, "request_id", req->request_id);
	json_add_str(entry, "method", req->method);
	json_add_str(entry, "path",
		     ext		 ? "/_sandbox/ext/(redacted)"
		     : req->path != NULL ? req->path
					 : "(undecodable)");
	json_add(entry, "query", query_object(req));
	http_headers(req, add_header, headers);
	json_add_bool(entry, "has_authorization", json_get(headers, "authorization") != NULL);
	json_add_str(entry, "user_agent", json_str(headers, "user-agent"));
	json_add_str(entry, "traceparent", json_str(headers, "traceparent"));
	json_add(entry, "headers", headers);
	json_add_int(entry, "body_size", req->body_size);
	json_add_int(entry, "status", status);
	if (strcmp(fault, "none") != 0)
		json_add_str(entry, "fault", fault);
	if (req->ws != NULL) {
		json_add_str(entry, "workspace", req->ws->name);
		json_add_str(entry, "user", req->user);
	}
	json_add_int(entry, "duration_ms", clock_ms() - started_ms);
	return entry;
}

static char *
serialise(struct json_object *entry)
{
	return xstrdup(json_object_to_json_string_ext(entry, JSON_C_TO_STRING_PLAIN |
								 JSON_C_TO_STRING_NOSLASHESCAPE));
}

void
requestlog_add(struct request *req, int status, const char *fault, int64_t started_ms)
{
	struct json_object *entry;
	char *text, *path;
	size_t at;

	if (req->path == NULL)
		return;
	entry = describe(req, status, fault, started_ms);
	text = serialise(entry);
	if (strlen(text) > MAX_ENTRY_BYTES) {
		free(text);
		json_object_object_del(entry, "headers");
		json_object_object_del(entry, "query");
		json_add_bool(entry, "truncated", true);
		text = serialise(entry);
	}
	path = xstrdup(json_str(entry, "path"));
	path[strnlen(path, MAX_ENTRY_BYTES)] = '\0';
	json_object_put(entry);
	pthread_mutex_lock(&ring.lock);
	at = (size_t)(ring.next++ % MAX_ENTRIES);
	free(ring.entries[at]);
	free(ring.paths[at]);
	ring.entries[at] = text;
	ring.paths[at] = path;
	pthread_mutex_unlock(&ring.lock);
}

/* ?path= selects entries by the start of their path, ?since= selects entries from this number
 * on. */
static void
requests_get(struct request *req)
{
	struct json_object *answer = json_object_new_object(), *list = json_object_new_array();
	const char *prefix = request_arg(req, "path");
	int64_t since, i;

	if (!request_int(req, "since", 0, 0, INT64_MAX, &since)) {
		json_object_put(answer);
		json_object_put(list);
		return;
	}
	pthread_mutex_lock(&ring.lock);
	i = ring.next > MAX_ENTRIES ? ring.next - MAX_ENTRIES : 0;
	for (i = since > i ? since : i; i < ring.next; i++) {
		const char *text = ring.entries[i % MAX_ENTRIES];
		const char *path = ring.paths[i % MAX_ENTRIES];

		if (text != NULL && (prefix == NULL || strncmp(path, prefix, strlen(prefix)) == 0))
			json_object_array_add(list, json_raw(text, strlen(text)));
	}
	json_add(answer, "requests", list);
	json_add_int(answer, "next", ring.next);
	pthread_mutex_unlock(&ring.lock);
	reply_json(req, answer);
}

static void
requests_delete(struct request *req)
{
	pthread_mutex_lock(&ring.lock);
	for (size_t i = 0; i < MAX_ENTRIES; i++) {
		free(ring.entries[i]);
		free(ring.paths[i]);
		ring.entries[i] = ring.paths[i] = NULL;
	}
	pthread_mutex_unlock(&ring.lock);
	reply_empty(req);
}

static const struct route requestlog_routes[] = {
	{ "GET", "/_sandbox/requests", requests_get, ROUTE_ADMIN },
	{ "DELETE", "/_sandbox/requests", requests_delete, ROUTE_ADMIN },
	{ 0 },
};

const struct domain requestlog_domain = { .name = "requestlog", .routes = requestlog_routes };
