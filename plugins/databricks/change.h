/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and stopping as operations (change.c): an object has a state, a POST makes the platform
 * change it, and the operation ends when the wanted state is reached. All progress is in the state
 * of the object, so an operation survives a restart of the host, and a call that is repeated only
 * waits for the same change. */
#ifndef PLUGINS_DATABRICKS_CHANGE_H
#define PLUGINS_DATABRICKS_CHANGE_H

#include "databricks.h"

/* What the start of a change does. It depends on the current state of the object. */
enum dbx_move {
	DBX_SEND,   /* sends the POST */
	DBX_FOLLOW, /* the change is already running, so the call only waits */
	DBX_WAIT,   /* the opposite change is running, so the POST is sent when that has ended */
	DBX_CANNOT, /* the state of the object does not allow the change, so the call fails */
};

/* A kind of object that can be started and stopped. */
struct dbx_thing {
	const struct dbx_kind *kind; /* how a name is turned into an id */
	/* the name of the kind: "SQL warehouse", and in progress messages "warehouse" */
	const char *noun, *word;
	/* the name of the id: "warehouse_id"; also the variable of `get` and `path` */
	const char *argument;
	const char *get; /* the request that reads the object, a template */
	/* the address of the object's page, before the id: "/sql/warehouses/" */
	const char *page;
	/* the state after a stop. The object can be started from this state */
	const char *resting;
	uint32_t poll_ms;
	struct mcp_words (*words)(struct mcp_call *call, const char *asked);
	/* Writes why the wanted state was not reached, "It is STOPPED. no quota", and the next
	 * step. */
	const char *(*why)(struct mcp_call *call, struct json_object *item);
	const char *(*help)(struct mcp_call *call, const char *id);
	/* Returns a value that changes when somebody else starts the object. */
	int64_t (*mark)(struct mcp_call *call, struct json_object *item);
};

struct dbx_change {
	const struct dbx_thing *thing;
	const char *verb;    /* "start" */
	const char *path;    /* the path of the POST, a template */
	bool body;	     /* the POST has the id in its body */
	const char *sent;    /* the state after the POST was accepted, such as "STARTING" */
	const char *goal;    /* the wanted state */
	const char *next;    /* the tool that shows the progress, such as "start_sql_warehouse" */
	const char *waiting; /* the text after its id: " wait_s=50", or "" */
	enum dbx_move (*move)(const char *state);
	/* states in which a poll ends without success; the list ends with NULL */
	const char *const *failed;
	const struct dbx_change *undo; /* the change that cancels this one, or NULL */
};

/* Begins a start: resolves the argument, then runs `fn`, which calls dbx_change_look(). */
int dbx_change_begin(struct mcp_call *call, const struct dbx_change *change, mcp_step_fn fn);
/* Reads the object. `state` is the state of `fn`. */
int dbx_change_look(struct mcp_call *call, const struct dbx_change *change, const void *state);
/* A poll. */
int dbx_change_poll(struct mcp_call *call, const struct dbx_change *change);
/* A cancel: sends the POST of `undo` if this operation has sent its own, and the wanted state is
 * not reached yet. A change that somebody else has begun continues. */
int dbx_change_cancel(struct mcp_call *call, const struct dbx_change *change);

#endif
