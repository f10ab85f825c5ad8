/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and terminating a cluster. */
#include "compute.h"

#include <string.h>

#include "change.h"

#define POLL_MS 2000 /* a cluster takes minutes */

static struct mcp_words
change_words(struct mcp_call *call, const char *asked)
{
	return cluster_words(call, asked, "CAN RESTART on the cluster");
}

/* Writes "It is TERMINATED: CLOUD_PROVIDER_LAUNCH_FAILURE (CLOUD_FAILURE): no capacity." */
static const char *
why_ended(struct mcp_call *call, struct json_object *cluster)
{
	struct json_object *reason = mcp_get(cluster, "termination_reason");
	const char *message = mcp_get_str(call, cluster, "state_message", "");

	return mcp_printf(call, "It is %s%s%s%s%s.", mcp_get_str(call, cluster, "state", "UNKNOWN"),
			  reason != NULL ? ": " : "",
			  reason != NULL ? show_reason(call, reason) : "",
			  message[0] != '\0' ? ": " : "", message);
}

static const char *
help(struct mcp_call *call, const char *id)
{
	return mcp_printf(call, "Call list_cluster_events cluster_id=%s to see the reason.",
			  mcp_quoted(call, id));
}

/* A different start time means that somebody has started the cluster meanwhile. */
static int64_t
start_time(struct mcp_call *call, struct json_object *cluster)
{
	(void)call;
	return mcp_get_int(cluster, "start_time", 0);
}

static const struct dbx_thing cluster = {
	.kind = &dbx_clusters,
	.noun = "Cluster",
	.word = "cluster",
	.argument = "cluster_id",
	.get = "/api/2.1/clusters/get{?cluster_id}",
	.page = "/compute/clusters/",
	.resting = "TERMINATED",
	.poll_ms = POLL_MS,
	.words = change_words,
	.why = why_ended,
	.help = help,
	.mark = start_time,
};

/* ---- start_cluster -------------------------------------------------------------------------- */

static enum dbx_move
start_move(const char *state)
{
	if (strcmp(state, "TERMINATED") == 0)
		return DBX_SEND;
	if (strcmp(state, "TERMINATING") == 0)
		return DBX_WAIT;
	return strcmp(state, "ERROR") == 0 || strcmp(state, "UNKNOWN") == 0 || state[0] == '\0'
		 ? DBX_CANNOT
		 : DBX_FOLLOW;
}

static const struct dbx_change terminate;

static const struct dbx_change start = {
	.thing = &cluster,
	.verb = "start",
	.path = "/api/2.1/clusters/start",
	.body = true,
	.sent = "PENDING",
	.goal = "RUNNING",
	.next = TOOL_GET_CLUSTER_DETAILS,
	.waiting = "",
	.move = start_move,
	.undo = &terminate,
	.failed = (const char *const[]){ "TERMINATED", "ERROR", NULL },
};

static int
start_resolved(struct mcp_call *call, const void *state, size_t len)
{
	(void)len;
	return dbx_change_look(call, &start, state);
}

int
start_cluster(struct mcp_call *call)
{
	return dbx_change_begin(call, &start, start_resolved);
}

int
start_cluster_poll(struct mcp_call *call)
{
	return dbx_change_poll(call, &start);
}

/* ---- terminate_cluster ---------------------------------------------------------------------- */

static enum dbx_move
terminate_move(const char *state)
{
	return strcmp(state, "TERMINATING") == 0 ? DBX_FOLLOW : DBX_SEND;
}

static const struct dbx_change terminate = {
	.thing = &cluster,
	.verb = "terminate",
	.path = "/api/2.1/clusters/delete",
	.body = true,
	.sent = "TERMINATING",
	.goal = "TERMINATED",
	.next = TOOL_GET_CLUSTER_DETAILS,
	.waiting = "",
	.move = terminate_move,
	.failed = (const char *const[]){ "ERROR", NULL },
};

static int
terminate_resolved(struct mcp_call *call, const void *state, size_t len)
{
	(void)len;
	return dbx_change_look(call, &terminate, state);
}

int
terminate_cluster(struct mcp_call *call)
{
	return dbx_change_begin(call, &terminate, terminate_resolved);
}

int
terminate_cluster_poll(struct mcp_call *call)
{
	return dbx_change_poll(call, &terminate);
}

int
start_cluster_cancel(struct mcp_call *call)
{
	return dbx_change_cancel(call, &start);
}
