/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Execution contexts: /api/1.2/contexts. They exist in memory only and end with their cluster.
 * https://docs.databricks.com/api/workspace/commandexecution
 */
#include "compute/contexts.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTEXT_START_MS = 400 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct context *contexts;

void
contexts_lock(void)
{
	pthread_mutex_lock(&lock);
}

void
contexts_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

/* ---- refusals ---- */

void
error_12(struct request *req, int status, const char *fmt, ...)
{
	struct json_object *obj = json_object_new_object();
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	json_add_str(obj, "error", text);
	free(text);
	reply_json_status(req, status, obj);
}

const char *
need_12(struct request *req, const char *value, const char *name)
{
	if (value != NULL && *value != '\0')
		return value;
	error_12(req, 400, "InvalidParameterException: missing parameter '%s'", name);
	return NULL;
}

static bool
is_running(const char *state)
{
	return state != NULL && (strcmp(state, "RUNNING") == 0 || strcmp(state, "RESIZING") == 0);
}

bool
cluster_ready(struct request *req, const char *cluster)
{
	const char *state = cluster_state(req->ws, cluster);

	if (is_running(state))
		return true;
	if (state == NULL)
		error_12(req, 404, "ClusterNotFoundException: Cluster %.128s does not exist",
			 cluster);
	else if (strcmp(state, "PENDING") == 0 || strcmp(state, "RESTARTING") == 0)
		error_12(req, 500, "ClusterNotReadyException: Cluster %.128s is %s", cluster,
			 state);
	else
		error_12(req, 400, "ClusterNotRunningException: Cluster %.128s is %s, not RUNNING",
			 cluster, state);
	return false;
}

/* ---- life ---- */

void
context_unref(struct context *context)
{
	bool last;

	contexts_lock();
	last = --context->refs == 0;
	contexts_unlock();
	if (!last)
		return;
	commands_free(context);
	exec_fini(&context->exec);
	free(context);
}

/* Removes a context from the list and ends it. Also releases the caller's reference. */
static void
end_context(struct context *context)
{
	contexts_lock();
	for (struct context **at = &contexts; *at != NULL; at = &(*at)->next) {
		if (*at != context)
			continue;
		*at = context->next;
		context->dead = true;
		context->refs--;
		commands_cancel_all(context);
		break;
	}
	contexts_unlock();
	context_unref(context);
}

bool
context_cluster_gone(struct context *context)
{
	return !is_running(cluster_state(context->exec.ws, context->cluster)) ||
	       cluster_since(context->exec.ws, context->cluster) != context->cluster_since;
}

static struct context *
context_find(struct workspace *ws, const char *cluster, const char *id)
{
	struct context *found = NULL;

	contexts_lock();
	for (struct context *c = contexts; c != NULL && found == NULL; c = c->next)
		if (c->exec.ws == ws && strcmp(c->id, id) == 0 && strcmp(c->cluster, cluster) == 0)
			found = c;
	if (found != NULL)
		found->refs++;
	contexts_unlock();
	return found;
}

struct context *
context_need(struct request *req, const char *cluster, const char *id)
{
	struct context *context = context_find(req->ws, cluster, id);

	if (context != NULL && context_cluster_gone(context)) {
		end_context(context);
		context = NULL;
	}
	if (context == NULL)
		error_12(req, 404, "ContextNotFound: %.40s", id);
	return context;
}

/* Ends all contexts of a workspace, or only those whose cluster has ended. */
static void
end_contexts(struct workspace *ws, bool only_gone)
{
	struct context *victim;

	do {
		victim = NULL;
		contexts_lock();
		for (struct context *c = contexts; c != NULL && victim == NULL; c = c->next)
			if (c->exec.ws == ws && (!only_gone || context_cluster_gone(c)))
				victim = c;
		if (victim != NULL)
			victim->refs++;
		contexts_unlock();
		if (victim != NULL)
			end_context(victim);
	} while (victim != NULL);
}

static void
close_all(struct workspace *ws)
{
	end_contexts(ws, false);
}

static size_t
count_of(struct workspace *ws, const char *cluster)
{
	size_t n = 0;

	contexts_lock();
	for (struct context *c = contexts; c != NULL; c = c->next)
		n += c->exec.ws == ws && strcmp(c->cluster, cluster) == 0;
	contexts_unlock();
	return n;
}

static struct context *
context_new(struct request *req, const char *cluster, const char *language)
{
	struct context *context = xcalloc(1, sizeof(*context));

	snprintf(context->id, sizeof(context->id), "%lld", (long long)id_number());
	snprintf(context->cluster, sizeof(context->cluster), "%s", cluster);
	snprintf(context->language, sizeof(context->language), "%s", language);
	context->created_ms = clock_ms();
	context->cluster_since = cluster_since(req->ws, cluster);
	context->refs = 1;
	exec_init(&context->exec, req->ws, req->user, req->trusted);
	context->exec.keep = true;
	contexts_lock();
	context->next = contexts;
	contexts = context;
	contexts_unlock();
	return context;
}

/* ---- endpoints ---- */

void
reply_id_12(struct request *req, const char *id)
{
	struct json_object *answer = json_object_new_object();

	json_add_str(answer, "id", id);
	reply_json(req, answer);
}

static void
contexts_create(struct request *req)
{
	static const char *const languages[] = { "python", "scala", "sql", "r" };
	const char *cluster = need_12(req, json_str(req->body, "clusterId"), "clusterId");
	const char *language;
	bool known = false;

	if (cluster == NULL)
		return;
	language = need_12(req, json_str(req->body, "language"), "language");
	if (language == NULL)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(languages); i++)
		known = known || strcmp(language, languages[i]) == 0;
	if (!known) {
		error_12(req, 400,
			 "InvalidParameterException: language '%.40s' is not one of "
			 "python, scala, sql, r",
			 language);
		return;
	}
	if (!cluster_ready(req, cluster))
		return;
	end_contexts(req->ws, true);
	if (count_of(req->ws, cluster) >= MAX_CONTEXTS)
		error_12(req, 400,
			 "ContextLimitExceeded: Too many execution contexts are open "
			 "right now. (Limit set to %d)",
			 MAX_CONTEXTS);
	else
		reply_id_12(req, context_new(req, cluster, language)->id);
}

static void
contexts_status(struct request *req)
{
	const char *cluster = need_12(req, request_arg(req, "clusterId"), "clusterId"), *id;
	struct json_object *answer;
	struct context *context;
	int64_t age;

	if (cluster == NULL)
		return;
	id = need_12(req, request_arg(req, "contextId"), "contextId");
	if (id == NULL || !cluster_ready(req, cluster))
		return;
	context = context_need(req, cluster, id);
	if (context == NULL)
		return;
	age = clock_ms() - context->created_ms;
	answer = json_object_new_object();
	json_add_str(answer, "id", context->id);
	json_add_str(answer, "status", age < scaled_ms(CONTEXT_START_MS) ? "Pending" : "Running");
	reply_json(req, answer);
	context_unref(context);
}

static void
contexts_destroy(struct request *req)
{
	const char *cluster = need_12(req, json_str(req->body, "clusterId"), "clusterId"), *id;
	struct context *context;

	if (cluster == NULL)
		return;
	id = need_12(req, json_str(req->body, "contextId"), "contextId");
	if (id == NULL)
		return;
	context = context_need(req, cluster, id);
	if (context == NULL)
		return;
	end_context(context);
	reply_id_12(req, id);
}

static const struct route context_routes[] = {
	{ "POST", "/api/1.2/contexts/create", contexts_create, ROUTE_UNLOCKED },
	{ "GET", "/api/1.2/contexts/status", contexts_status, ROUTE_UNLOCKED },
	{ "POST", "/api/1.2/contexts/destroy", contexts_destroy, ROUTE_UNLOCKED },
	{ 0 },
};

const struct domain contexts_domain = {
	.name = "contexts",
	.routes = context_routes,
	.close = close_all,
};
