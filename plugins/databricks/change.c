/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that are started and stopped. Clusters and SQL warehouses share this code. */
#include "change.h"

#include <stdio.h>
#include <string.h>

/* The version of the operation's handle. When the handle changes, this number changes. */
#define HANDLE_VERSION 2
struct handle {
	char id[256];
	int64_t mark; /* the state that the object had */
	bool waiting; /* the object must stop completely before it can be started */
	bool sent;    /* this operation has sent the POST, and no other caller */
};

/* The state of the steps of a start. The declaration is static data of the plugin. */
struct begun {
	const struct dbx_change *change;
	struct dbx_resolved object;
	bool rested; /* it did nothing before the POST */
};

/* The id in the handle. When the handle has another version, the call fails and the result is
 * "". */
static const char *
handle_id(struct mcp_call *call)
{
	struct handle handle;

	mcp_handle_read(call, HANDLE_VERSION, &handle, sizeof(handle));
	return mcp_strdup(call, handle.id);
}

static const char *
state_of(struct mcp_call *call, struct json_object *item)
{
	return mcp_get_str(call, item, "state", "");
}

static struct json_object *
id_object(struct mcp_call *call, const struct dbx_thing *thing, const char *id)
{
	return mcp_object(call, thing->argument, id, NULL);
}

/* Writes the call that shows the progress of the change. */
static const char *
next_call(struct mcp_call *call, const struct dbx_change *change, const char *id)
{
	return mcp_printf(call, "%s %s=%s%s", change->next, change->thing->argument,
			  mcp_quoted(call, id), change->waiting);
}

/* Writes "Cluster X is PENDING: waiting for nodes." and the next call. */
static void
say_state(struct mcp_call *call, const struct dbx_change *change, const char *id,
	  struct json_object *item, const char *state)
{
	const char *message = mcp_get_str(call, item, "state_message", "");

	mcp_say(call, "%s %s is %s%s%s.\nNext: %s", change->thing->noun, id, state,
		message[0] != '\0' ? ": " : "", message, next_call(call, change, id));
}

/* Ends a start with the handle, and with the answer that is used when no poll succeeds. */
static int
follow(struct mcp_call *call, const struct dbx_change *change, const char *id,
       struct json_object *item, const char *state, bool waiting, bool sent)
{
	struct handle handle = { .waiting = waiting, .sent = sent };

	if (strlen(id) >= sizeof(handle.id))
		return mcp_fail(call, MCP_E_INPUT,
				mcp_printf(call, "The argument is longer than any %s.",
					   change->thing->argument),
				NULL, change->thing->words(call, id).not_found);
	snprintf(handle.id, sizeof(handle.id), "%s", id);
	handle.mark = change->thing->mark(call, item);
	say_state(call, change, id, item, state);
	return mcp_handle_write(call, HANDLE_VERSION, &handle, sizeof(handle));
}

static int
reached(struct mcp_call *call, const struct dbx_change *change, const char *id, const char *how)
{
	return mcp_say(call, "%s %s is %s%s.\nurl: %s", change->thing->noun, id, change->goal, how,
		       mcp_printf(call, "%s%s", mcp_url(call, "%s", change->thing->page),
				  mcp_url_part(call, id)));
}

static int
not_reached(struct mcp_call *call, const struct dbx_change *change, const char *id,
	    struct json_object *item, const char *what)
{
	const struct dbx_thing *thing = change->thing;

	return mcp_fail(call, MCP_E_CONFLICT, what, thing->why(call, item), thing->help(call, id));
}

static int
send(struct mcp_call *call, const struct dbx_change *change, const char *id, mcp_step_fn fn,
     const void *state, size_t len)
{
	struct json_object *object = id_object(call, change->thing, id);

	return mcp_send(call, "POST", change->path, object, change->body ? object : NULL,
			MCP_RETRY_IDEMPOTENT, fn, state, len);
}

/* Was the POST accepted, or was somebody else faster? Then the next poll reads the state. */
static bool
accepted(struct mcp_call *call, const struct dbx_change *change, const char *asked)
{
	struct mcp_words words = change->thing->words(call, asked);
	struct dbx_error error;

	if (dbx_ok(call, mcp_reply(call, 0), &error) || strcmp(error.code, "INVALID_STATE") == 0)
		return true;
	dbx_fail(call, mcp_reply(call, 0), &error, &words);
	return false;
}

/* ---- start ----------------------------------------------------------------------------------- */

int
dbx_change_begin(struct mcp_call *call, const struct dbx_change *change, mcp_step_fn fn)
{
	return dbx_resolve(call, change->thing->kind, change->thing->argument, fn);
}

static int
begun_sent(struct mcp_call *call, const void *state, size_t len)
{
	const struct begun *begun = state;

	(void)len;
	if (!accepted(call, begun->change, begun->object.asked))
		return MCP_E_UPSTREAM;
	return follow(call, begun->change, begun->object.id, NULL, begun->change->sent, false,
		      begun->rested);
}

static int
looked(struct mcp_call *call, const void *state, size_t len)
{
	const struct begun *begun = state;
	const struct dbx_change *change = begun->change;
	const char *id = begun->object.id, *now;
	struct mcp_words words = change->thing->words(call, begun->object.asked);
	struct json_object *item;
	struct dbx_error error;
	struct begun rested;

	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_NOT_FOUND)
		return dbx_unknown(call, change->thing->kind, begun->object.asked, error.message);
	item = dbx_reply(call, 0, &words);
	if (item == NULL)
		return MCP_E_UPSTREAM;
	now = state_of(call, item);
	if (strcmp(now, change->goal) == 0)
		return reached(call, change, id, " already");
	switch (change->move(now)) {
	case DBX_SEND:
		rested = *begun;
		rested.rested = strcmp(now, change->thing->resting) == 0;
		return send(call, change, id, begun_sent, &rested, sizeof(rested));
	case DBX_FOLLOW: return follow(call, change, id, item, now, false, false);
	case DBX_WAIT: return follow(call, change, id, item, now, true, false);
	default:
		return not_reached(call, change, id, item,
				   mcp_printf(call, "%s \"%s\" cannot be %s.", change->thing->noun,
					      begun->object.asked,
					      strcmp(change->verb, "start") == 0 ? "started"
										 : "stopped"));
	}
}

int
dbx_change_look(struct mcp_call *call, const struct dbx_change *change, const void *state)
{
	struct begun begun = { .change = change };

	memcpy(&begun.object, state, sizeof(begun.object));
	return mcp_fetch(call, change->thing->get, id_object(call, change->thing, begun.object.id),
			 looked, &begun, sizeof(begun));
}

/* ---- poll ------------------------------------------------------------------------------------ */

static int
still(struct mcp_call *call, const struct dbx_change *change, struct json_object *item,
      const char *state)
{
	say_state(call, change, handle_id(call), item, state);
	return mcp_working(call, -1, mcp_printf(call, "%s is %s", change->thing->word, state),
			   change->thing->poll_ms);
}

/* Called when the start that had to wait was accepted. */
static int
late_sent(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_change *change = *(const struct dbx_change *const *)state;

	(void)len;
	if (!accepted(call, change, handle_id(call)))
		return MCP_E_UPSTREAM;
	return still(call, change, NULL, change->sent);
}

/* Is the object in the expected state, and was it not changed meanwhile? */
static bool
start_due(struct mcp_call *call, const struct dbx_change *change, struct json_object *item)
{
	struct handle handle;

	return mcp_handle_read(call, HANDLE_VERSION, &handle, sizeof(handle)) == MCP_OK &&
	       handle.waiting && strcmp(state_of(call, item), change->thing->resting) == 0 &&
	       change->thing->mark(call, item) == handle.mark;
}

static int
change_polled(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_change *change = *(const struct dbx_change *const *)state;
	const char *id = handle_id(call), *noun = change->thing->noun, *now;
	struct mcp_words words = change->thing->words(call, id);
	struct json_object *item;

	words.again = mcp_printf(call, "The operation may continue. In a moment call: %s",
				 next_call(call, change, id));
	item = dbx_reply(call, 0, &words);
	if (item == NULL)
		return MCP_E_UPSTREAM;
	now = state_of(call, item);
	if (now[0] == '\0')
		return mcp_fail(call, MCP_E_UPSTREAM,
				mcp_printf(call, "The state of %s %s is not known.", noun, id),
				"The answer of the workspace contains no state.", words.again);
	if (strcmp(now, change->goal) == 0)
		return reached(call, change, id, "");
	if (start_due(call, change, item))
		return send(call, change, id, late_sent, state, len);
	for (const char *const *bad = change->failed; *bad != NULL; bad++)
		if (strcmp(now, *bad) == 0)
			return not_reached(call, change, id, item,
					   mcp_printf(call, "%s %s did not %s.", noun, id,
						      change->verb));
	return still(call, change, item, now);
}

int
dbx_change_poll(struct mcp_call *call, const struct dbx_change *change)
{
	/* NOLINTBEGIN(bugprone-sizeof-expression): the state is the pointer */
	return mcp_fetch(call, change->thing->get, id_object(call, change->thing, handle_id(call)),
			 change_polled, &change, sizeof(change));
	/* NOLINTEND(bugprone-sizeof-expression) */
}

/* ---- cancel ---------------------------------------------------------------------------------- */

static int
undone(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_change *change = *(const struct dbx_change *const *)state;
	const char *id = handle_id(call);

	(void)len;
	if (!accepted(call, change->undo, id))
		return MCP_E_UPSTREAM;
	return mcp_say(call, "%s %s: the %s was cancelled.", change->thing->noun, id, change->verb);
}

static int
looked_to_undo(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_change *change = *(const struct dbx_change *const *)state;
	const char *id = handle_id(call), *now;
	struct mcp_words words = change->thing->words(call, id);
	struct json_object *item = dbx_reply(call, 0, &words);

	if (item == NULL)
		return MCP_E_UPSTREAM;
	now = state_of(call, item);
	if (strcmp(now, change->goal) == 0 || strcmp(now, change->thing->resting) == 0 ||
	    change->move(now) == DBX_WAIT)
		return mcp_say(call, "%s %s is %s: there is nothing to cancel.",
			       change->thing->noun, id, now);
	return send(call, change->undo, id, undone, state, len);
}

int
dbx_change_cancel(struct mcp_call *call, const struct dbx_change *change)
{
	struct handle handle;

	if (mcp_handle_read(call, HANDLE_VERSION, &handle, sizeof(handle)) != MCP_OK)
		return MCP_E_INPUT;
	if (!handle.sent && !handle.waiting)
		return mcp_say(call, "%s %s: another caller began the %s, so it continues.",
			       change->thing->noun, handle.id, change->verb);
	/* NOLINTBEGIN(bugprone-sizeof-expression): the state is the pointer */
	return mcp_fetch(call, change->thing->get, id_object(call, change->thing, handle.id),
			 looked_to_undo, &change, sizeof(change));
	/* NOLINTEND(bugprone-sizeof-expression) */
}
