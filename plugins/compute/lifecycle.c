/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting and terminating a cluster. The cluster's own state shows the progress of these
 * operations. So they survive a restart of the host, and may be started twice.
 */
#include "compute.h"

#include <stdio.h>
#include <string.h>

#define POLL_MS 2000 /* a cluster takes minutes */

/* ---- what both share ------------------------------------------------------------------------ */

/* The operation's handle; another version of it has another number. */
#define CHANGE_VERSION 1
struct change {
	char id[256];	    /* of the cluster */
	int64_t start_time; /* the start time before: a different one means that it was started
			     * meanwhile */
	bool waiting;	    /* it must terminate before it can be started */
};

/* Ends a start with its handle, and with the answer to give if nothing more becomes known.
 * `cluster` may be NULL unless `waiting`. */
static int
handle(struct mcp_call *call, const char *id, struct json_object *cluster, bool waiting,
       const char *what)
{
	struct change change = { .waiting = waiting };

	if (strlen(id) >= sizeof(change.id))
		return mcp_fail(call, MCP_E_INPUT, "The argument is longer than any cluster_id.",
				NULL, "Call list_clusters to see which exist.");
	snprintf(change.id, sizeof(change.id), "%s", id);
	change.start_time = mcp_get_int(cluster, "start_time", 0);
	mcp_say(call, "Cluster %s %s.\nNext: get_cluster_details cluster_id=%s", id, what,
		mcp_quoted(call, id));
	return mcp_handle_write(call, CHANGE_VERSION, &change, sizeof(change));
}

/* The id in the handle; "" with the call failed when that is of another version. */
static const char *
handle_id(struct mcp_call *call)
{
	struct change change;

	mcp_handle_read(call, CHANGE_VERSION, &change, sizeof(change));
	return mcp_strdup(call, change.id);
}

static int
poll_get(struct mcp_call *call, mcp_step_fn fn)
{
	return mcp_fetch(call, "/api/2.1/clusters/get{?cluster_id}",
			 mcp_object(call, "cluster_id", handle_id(call), NULL), fn, NULL, 0);
}

/* The reply of clusters/get; NULL with the call failed. */
static struct json_object *
polled(struct mcp_call *call)
{
	struct mcp_words words = cluster_words(call, handle_id(call), "CAN RESTART on the cluster");

	words.again = mcp_printf(call,
				 "The operation continues: call get_cluster_details "
				 "cluster_id=%s in a moment.",
				 handle_id(call));
	return dbx_reply(call, 0, &words);
}

/* Reads the cluster before the change. */
static int
look(struct mcp_call *call, const void *state, size_t len, mcp_step_fn fn)
{
	const struct dbx_resolved *cluster = state;

	return mcp_fetch(call, "/api/2.1/clusters/get{?cluster_id}",
			 mcp_object(call, "cluster_id", cluster->id, NULL), fn, state, len);
}

/* POST start or delete, then returns the handle. */
static int
change(struct mcp_call *call, const char *path, const struct dbx_resolved *cluster, mcp_step_fn fn)
{
	return mcp_send(call, "POST", path, NULL, mcp_object(call, "cluster_id", cluster->id, NULL),
			MCP_RETRY_IDEMPOTENT, fn, cluster, sizeof(*cluster));
}

/* After the change was accepted, or was already in progress. */
static int
changed(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *cluster = state;
	struct mcp_words words = cluster_words(call, cluster->asked, "CAN RESTART on the cluster");
	struct dbx_error error;

	(void)len;
	/* Another caller changed the cluster first. The next poll reads the state. */
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && strcmp(error.code, "INVALID_STATE") != 0)
		return dbx_fail(call, mcp_reply(call, 0), &error, &words);
	return handle(call, cluster->id, NULL, false, "is changing its state");
}

static int
done(struct mcp_call *call, const char *id, const char *state, const char *how)
{
	return mcp_say(call, "Cluster %s is %s%s.\nurl: %s", id, state, how,
		       mcp_url(call, "/compute/clusters/%s", id));
}

static int
still(struct mcp_call *call, struct json_object *cluster, const char *state)
{
	mcp_say(call, "Cluster %s is %s%s%s.\nNext: get_cluster_details cluster_id=%s",
		handle_id(call), state,
		mcp_get_str(call, cluster, "state_message", "")[0] != '\0' ? ": " : "",
		mcp_get_str(call, cluster, "state_message", ""), mcp_quoted(call, handle_id(call)));
	return mcp_working(call, -1, mcp_printf(call, "cluster is %s", state), POLL_MS);
}

/* The cluster ended in a state that was not requested. The platform gives the reason. */
static int
ended(struct mcp_call *call, struct json_object *cluster, const char *id, const char *what)
{
	struct json_object *reason = mcp_get(cluster, "termination_reason");
	const char *message = mcp_get_str(call, cluster, "state_message", "");

	return mcp_fail(call, MCP_E_CONFLICT, what,
			mcp_printf(call, "It is %s%s%s%s%s.",
				   mcp_get_str(call, cluster, "state", "UNKNOWN"),
				   reason != NULL ? ": " : "",
				   reason != NULL ? show_reason(call, reason) : "",
				   message[0] != '\0' ? ": " : "", message),
			mcp_printf(call,
				   "Call list_cluster_events cluster_id=%s to see the reason.",
				   mcp_quoted(call, id)));
}

/* ---- start_cluster -------------------------------------------------------------------------- */

/* TERMINATED: start. TERMINATING: wait, then start. Already starting: only wait. */
static int
start_looked(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *cluster = state;
	struct mcp_words words = cluster_words(call, cluster->asked, "CAN RESTART on the cluster");
	struct json_object *reply;
	struct dbx_error error;
	const char *now;

	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_NOT_FOUND)
		return dbx_unknown(call, &dbx_clusters, cluster->asked, error.message);
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	now = mcp_get_str(call, reply, "state", "UNKNOWN");
	if (strcmp(now, "RUNNING") == 0)
		return done(call, cluster->id, now, " already");
	if (strcmp(now, "TERMINATED") == 0)
		return change(call, "/api/2.1/clusters/start", cluster, changed);
	if (strcmp(now, "ERROR") == 0 || strcmp(now, "UNKNOWN") == 0)
		return ended(call, reply, cluster->id,
			     mcp_printf(call, "Cluster \"%s\" cannot be started.", cluster->asked));
	return handle(call, cluster->id, reply, strcmp(now, "TERMINATING") == 0,
		      mcp_printf(call, "is %s", now));
}

static int
start_resolved(struct mcp_call *call, const void *state, size_t len)
{
	return look(call, state, len, start_looked);
}

/* No cancel: the cluster continues to start, because somebody else may be waiting for it. The
 * answer names the call that terminates it. */
int
start_cluster(struct mcp_call *call)
{
	return dbx_resolve(call, &dbx_clusters, "cluster_id", start_resolved);
}

/* The delayed start was accepted, or another caller started the cluster. */
static int
start_sent(struct mcp_call *call, const void *state, size_t len)
{
	struct mcp_words words = cluster_words(call, handle_id(call), "CAN RESTART on the cluster");
	struct dbx_error error;

	(void)state;
	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && strcmp(error.code, "INVALID_STATE") != 0)
		return dbx_fail(call, mcp_reply(call, 0), &error, &words);
	return still(call, NULL, "PENDING");
}

/* It has terminated as expected, and was not started since. */
static bool
start_due(struct mcp_call *call, struct json_object *cluster)
{
	struct change change;

	return mcp_handle_read(call, CHANGE_VERSION, &change, sizeof(change)) == MCP_OK &&
	       change.waiting &&
	       strcmp(mcp_get_str(call, cluster, "state", ""), "TERMINATED") == 0 &&
	       mcp_get_int(cluster, "start_time", 0) == change.start_time;
}

static int
start_polled(struct mcp_call *call, const void *state, size_t len)
{
	struct json_object *cluster = polled(call);
	const char *now;

	(void)state;
	(void)len;
	if (cluster == NULL)
		return MCP_E_UPSTREAM;
	now = mcp_get_str(call, cluster, "state", "UNKNOWN");
	if (strcmp(now, "RUNNING") == 0)
		return done(call, handle_id(call), now, "");
	if (start_due(call, cluster))
		return mcp_send(call, "POST", "/api/2.1/clusters/start", NULL,
				mcp_object(call, "cluster_id", handle_id(call), NULL),
				MCP_RETRY_IDEMPOTENT, start_sent, NULL, 0);
	if (strcmp(now, "TERMINATED") == 0 || strcmp(now, "ERROR") == 0)
		return ended(call, cluster, handle_id(call),
			     mcp_printf(call, "Cluster %s did not start.", handle_id(call)));
	return still(call, cluster, now);
}

int
start_cluster_poll(struct mcp_call *call)
{
	return poll_get(call, start_polled);
}

/* ---- terminate_cluster ---------------------------------------------------------------------- */

static int
terminate_looked(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *cluster = state;
	struct mcp_words words = cluster_words(call, cluster->asked, "CAN RESTART on the cluster");
	struct json_object *reply;
	struct dbx_error error;
	const char *now;

	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_NOT_FOUND)
		return dbx_unknown(call, &dbx_clusters, cluster->asked, error.message);
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	now = mcp_get_str(call, reply, "state", "UNKNOWN");
	if (strcmp(now, "TERMINATED") == 0)
		return done(call, cluster->id, now, " already");
	if (strcmp(now, "TERMINATING") == 0)
		return handle(call, cluster->id, NULL, false, "is TERMINATING");
	return change(call, "/api/2.1/clusters/delete", cluster, changed);
}

static int
terminate_resolved(struct mcp_call *call, const void *state, size_t len)
{
	return look(call, state, len, terminate_looked);
}

int
terminate_cluster(struct mcp_call *call)
{
	return dbx_resolve(call, &dbx_clusters, "cluster_id", terminate_resolved);
}

static int
terminate_polled(struct mcp_call *call, const void *state, size_t len)
{
	struct json_object *cluster = polled(call);
	const char *now;

	(void)state;
	(void)len;
	if (cluster == NULL)
		return MCP_E_UPSTREAM;
	now = mcp_get_str(call, cluster, "state", "UNKNOWN");
	if (strcmp(now, "TERMINATED") == 0)
		return done(call, handle_id(call), now, "");
	if (strcmp(now, "ERROR") == 0)
		return ended(call, cluster, handle_id(call),
			     mcp_printf(call, "Cluster %s did not terminate.", handle_id(call)));
	return still(call, cluster, now);
}

int
terminate_cluster_poll(struct mcp_call *call)
{
	return poll_get(call, terminate_polled);
}
