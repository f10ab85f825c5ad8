/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults on demand.  POST /_sandbox/fault {"kind", "path", "method", "workspace", "count", "skip",
 * ...} arms one; the next `count` matching requests suffer it (count 0: until removed).
 *   kind       members, defaults                     what the client sees
 *   status     status 500, error_code, message, body, content_type    that answer
 *   latency    latency_ms 1000                       the right answer, late
 *   throttle   retry_after (absent: no header)       429 RESOURCE_EXHAUSTED
 *   html_503   retry_after                           503 with an HTML page
 *   reset      at 20                                 the right answer, reset after `at` bytes
 *   truncate   at 20                                 the right answer cut, lengths agreeing
 *   login      -                                     302 to /login.html
 *   html_200   -                                     200 with a login page
 *   numeric_401 -                                    401 whose error_code is a number
 *   empty      -                                     200, no body
 *   drip       latency_ms 50                         the right answer, byte by byte
 *   garbage    -                                     200 application/json that is no JSON
 * `path` is a glob where * also spans slashes.  For latency, reset, truncate and drip the handler
 * runs, so the side effect has happened; the others answer in its place.
 */
#include "sandbox.h"

#include <fnmatch.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

enum { MAX_FAULTS = 256, MAX_LATENCY_MS = 600000, LATENCY_SLICE_MS = 50 };

struct armed {
	int64_t id, left, skip, hits;
	char *path, *method, *workspace; /* NULL = any */
	struct fault fault;
	struct armed *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct armed *first;
static int64_t last_id;

static const struct {
	const char *name;
	enum fault_kind kind;
} fault_kinds[] = {
	{ "none", FAULT_NONE },		{ "status", FAULT_STATUS },
	{ "latency", FAULT_LATENCY },	{ "throttle", FAULT_THROTTLE },
	{ "html_503", FAULT_HTML_503 }, { "reset", FAULT_RESET },
	{ "truncate", FAULT_TRUNCATE }, { "login", FAULT_LOGIN },
	{ "html_200", FAULT_HTML_200 }, { "numeric_401", FAULT_NUMERIC_401 },
	{ "empty", FAULT_EMPTY },	{ "drip", FAULT_DRIP },
	{ "garbage", FAULT_GARBAGE },
};
enum { KINDS = ARRAY_SIZE(fault_kinds) };

const char *
fault_name(enum fault_kind kind)
{
	return fault_kinds[kind].name;
}

static void
armed_free(struct armed *a)
{
	free(a->path);
	free(a->method);
	free(a->workspace);
	free(a->fault.body);
	free(a);
}

static bool
matches(const struct armed *a, const struct request *req)
{
	if (a->method != NULL && strcmp(a->method, req->method) != 0)
		return false;
	if (a->workspace != NULL && (req->ws == NULL || strcmp(a->workspace, req->ws->name) != 0))
		return false;
	return a->path == NULL || fnmatch(a->path, req->path, 0) == 0;
}

bool
fault_take(const struct request *req, struct fault *out)
{
	bool found = false;

	pthread_mutex_lock(&lock);
	for (struct armed **at = &first; *at != NULL && !found; at = &(*at)->next) {
		struct armed *a = *at;

		if (!matches(a, req) || (a->skip > 0 && a->skip-- > 0))
			continue;
		found = true;
		a->hits++;
		*out = a->fault;
		out->body = a->fault.body != NULL ? xstrdup(a->fault.body) : NULL;
		if (a->left > 0 && --a->left == 0) {
			*at = a->next;
			armed_free(a);
			break;
		}
	}
	pthread_mutex_unlock(&lock);
	return found;
}

/* ---- answers instead of the handler ---- */

static void
retry_header(struct request *req, const struct fault *fault)
{
	char text[32];

	if (fault->retry_after < 0)
		return;
	snprintf(text, sizeof(text), "%lld", (long long)fault->retry_after);
	reply_header(req, "Retry-After", text);
}

static void
answer_html(struct request *req, int status, const char *title)
{
	char *page = xprintf("<!doctype html>\n<html><head><title>%s</title></head>"
			     "<body><h1>%s</h1></body></html>\n",
			     title, title);

	reply_bytes(req, status, "text/html; charset=utf-8", page, strlen(page));
	free(page);
}

static void
nap(int64_t ms)
{
	int64_t until = clock_ms() + ms;

	while (clock_ms() < until && !stopping())
		bg_sleep(NULL, LATENCY_SLICE_MS < ms ? LATENCY_SLICE_MS : ms);
}

bool
fault_answer(struct request *req, const struct fault *fault)
{
	static const char garbage[] = "{\"a\": \x01\xff, not json ]]";

	switch (fault->kind) {
	case FAULT_STATUS:
		reply_bytes(req, fault->status, fault->type, fault->body, strlen(fault->body));
		return true;
	case FAULT_THROTTLE:
		reply_error(req, 429, "RESOURCE_EXHAUSTED",
			    "Too many requests. Please wait a "
			    "moment"
			    " and try again.");
		retry_header(req, fault);
		return true;
	case FAULT_HTML_503:
		answer_html(req, 503, "503 Service Temporarily Unavailable");
		retry_header(req, fault);
		return true;
	case FAULT_LOGIN:
		reply_status(req, 302);
		reply_header(req, "Location", "/login.html?next_url=%2F");
		return true;
	case FAULT_HTML_200: answer_html(req, 200, "Databricks - Sign In"); return true;
	case FAULT_NUMERIC_401: reply_401(req); return true;
	case FAULT_EMPTY: reply_status(req, 200); return true;
	case FAULT_GARBAGE:
		reply_bytes(req, 200, "application/json", garbage, sizeof(garbage) - 1);
		return true;
	case FAULT_LATENCY: nap(fault->delay_ms); return false;
	default: return false;
	}
}

/* ---- changing the handler's answer ---- */

struct spoiler {
	char *data;
	int64_t at, end, cut; /* cut < 0: no reset */
	int64_t delay_ms;
	struct request *req; /* valid until the answer is complete */
};

static ssize_t
spoil(void *arg, char *out, size_t max)
{
	struct spoiler *s = arg;
	int64_t limit = s->cut >= 0 && s->cut < s->end ? s->cut : s->end;
	int64_t n = limit - s->at;

	if (n <= 0 && s->cut >= 0) {
		nap(LATENCY_SLICE_MS); /* waits, so that the bytes before the cut arrive */
		http_linger_reset(s->req);
		return -1;
	}
	if (s->delay_ms > 0) {
		nap(s->delay_ms);
		n = n > 1 ? 1 : n;
	}
	if (n > (int64_t)max)
		n = (int64_t)max;
	memcpy(out, s->data + s->at, (size_t)n);
	s->at += n;
	return (ssize_t)n;
}

static void
spoiler_free(void *arg)
{
	struct spoiler *s = arg;

	free(s->data);
	free(s);
}

/* The whole answer in memory. A streamed answer is not changed. */
static void
gather(struct reply *reply)
{
	reply_render(reply);
	if (reply->fd < 0)
		return;
	if (reply->length > MAX_JSON_BODY)
		reply->length = MAX_JSON_BODY;
	reply->data = xcalloc(1, reply->length + 1);
	ssize_t n = pread(reply->fd, reply->data, reply->length, (off_t)reply->offset);
	reply->len = n > 0 ? (size_t)n : 0;
	close(reply->fd);
	reply->fd = -1;
}

void
fault_spoil(struct request *req, const struct fault *fault)
{
	struct reply *reply = req->reply;
	struct spoiler *s;

	if (fault->kind != FAULT_RESET && fault->kind != FAULT_TRUNCATE &&
	    fault->kind != FAULT_DRIP)
		return;
	gather(reply);
	if (fault->kind == FAULT_TRUNCATE) {
		if ((size_t)fault->at < reply->len)
			reply->len = (size_t)fault->at;
		return;
	}
	if (reply->len == 0)
		return;
	s = xcalloc(1, sizeof(*s));
	s->data = reply->data;
	s->end = (int64_t)reply->len;
	s->cut = fault->kind == FAULT_RESET ? fault->at : -1;
	s->delay_ms = fault->kind == FAULT_DRIP ? fault->delay_ms : 0;
	s->req = req;
	if (reply->stream_free != NULL)
		reply->stream_free(reply->stream_arg);
	reply->data = NULL;
	reply->stream = spoil;
	reply->stream_arg = s;
	reply->stream_free = spoiler_free;
	reply->length = (uint64_t)s->end;
}

/* ---- the admin endpoint ---- */

static bool
read_kind(struct request *req, struct fault *fault)
{
	const char *name = body_need(req, "kind");

	if (name == NULL)
		return false;
	for (size_t i = 1; i < KINDS; i++) {
		if (strcmp(name, fault_kinds[i].name) == 0) {
			fault->kind = fault_kinds[i].kind;
			return true;
		}
	}
	reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Unknown fault kind: %.40s", name);
	return false;
}

static char *
status_body(struct json_object *body)
{
	struct json_object *given = json_get(body, "body"), *obj;
	char *text;

	if (json_object_is_type(given, json_type_string))
		return xstrdup(json_object_get_string(given));
	if (given != NULL)
		return xstrdup(json_object_to_json_string_ext(given, JSON_C_TO_STRING_PLAIN));
	obj = json_object_new_object();
	json_add_str(obj, "error_code",
		     json_str(body, "error_code") != NULL ? json_str(body, "error_code")
							  : "INTERNAL_ERROR");
	json_add_str(obj, "message",
		     json_str(body, "message") != NULL ? json_str(body, "message")
						       : "A fault injected for a test.");
	text = xstrdup(json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN));
	json_object_put(obj);
	return text;
}

static char *
copy_or_null(const char *s)
{
	return s != NULL ? xstrdup(s) : NULL;
}

static void
fill(struct armed *a, struct json_object *body)
{
	const char *type = json_str(body, "content_type");
	struct fault *fault = &a->fault;

	a->path = copy_or_null(json_str(body, "path"));
	a->method = copy_or_null(json_str(body, "method"));
	a->workspace = copy_or_null(json_str(body, "workspace"));
	a->left = json_int(body, "count", 1);
	a->skip = json_int(body, "skip", 0);
	fault->status = (int)json_int(body, "status", 500);
	fault->delay_ms = json_int(body, "latency_ms", fault->kind == FAULT_DRIP ? 50 : 1000);
	fault->at = json_int(body, "at", 20);
	fault->retry_after = json_int(body, "retry_after", -1);
	fault->body = status_body(body);
	snprintf(fault->type, sizeof(fault->type), "%s", type != NULL ? type : "application/json");
}

static void
fault_post(struct request *req)
{
	struct json_object *answer;
	struct armed *a = xcalloc(1, sizeof(*a)), **at;
	int64_t id, count = 0;

	if (!read_kind(req, &a->fault)) {
		armed_free(a);
		return;
	}
	fill(a, req->body);
	if (a->fault.status < 200 || a->fault.status > 599 || a->fault.at < 0 ||
	    a->fault.delay_ms < 0 || a->fault.delay_ms > MAX_LATENCY_MS) {
		armed_free(a);
		reply_error(
		    req, 400, "INVALID_PARAMETER_VALUE",
		    "status must be 200 to 599, at must be 0 or more, and latency_ms must be 0 "
		    "to %d",
		    MAX_LATENCY_MS);
		return;
	}
	pthread_mutex_lock(&lock);
	for (at = &first; *at != NULL; at = &(*at)->next)
		count++;
	id = a->id = ++last_id;
	if (count < MAX_FAULTS)
		*at = a;
	pthread_mutex_unlock(&lock);
	if (count >= MAX_FAULTS) {
		armed_free(a);
		reply_error(req, 400, "RESOURCE_LIMIT_EXCEEDED", "At most %d faults", MAX_FAULTS);
		return;
	}
	answer = json_object_new_object();
	json_add_int(answer, "id", id);
	reply_json(req, answer);
}

static void
fault_list(struct request *req)
{
	struct json_object *answer = json_object_new_object(), *list = json_object_new_array();

	pthread_mutex_lock(&lock);
	for (const struct armed *a = first; a != NULL; a = a->next) {
		struct json_object *item = json_object_new_object();

		json_add_int(item, "id", a->id);
		json_add_str(item, "kind", fault_name(a->fault.kind));
		json_add_str(item, "path", a->path);
		json_add_str(item, "method", a->method);
		json_add_str(item, "workspace", a->workspace);
		json_add_int(item, "left", a->left);
		json_add_int(item, "hits", a->hits);
		json_object_array_add(list, item);
	}
	pthread_mutex_unlock(&lock);
	json_add(answer, "faults", list);
	reply_json(req, answer);
}

static void
fault_delete(struct request *req)
{
	int64_t id;

	if (!request_int(req, "id", 0, 1, INT64_MAX, &id))
		return;
	pthread_mutex_lock(&lock);
	for (struct armed **at = &first; *at != NULL;) {
		struct armed *a = *at;

		if (id == 0 || a->id == id) {
			*at = a->next;
			armed_free(a);
		} else {
			at = &a->next;
		}
	}
	pthread_mutex_unlock(&lock);
	reply_empty(req);
}

static const struct route fault_routes[] = {
	{ "POST", "/_sandbox/fault", fault_post, ROUTE_ADMIN },
	{ "GET", "/_sandbox/fault", fault_list, ROUTE_ADMIN },
	{ "DELETE", "/_sandbox/fault", fault_delete, ROUTE_ADMIN },
	{ 0 },
};

const struct domain fault_domain = { .name = "fault", .routes = fault_routes };
