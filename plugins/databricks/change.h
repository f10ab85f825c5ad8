/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting and stopping as operations (change.c): an object has a state, a POST makes the platform
 * change it, and the operation ends when the wanted state is reached. All progress is in the state
 * of the object, so an operation survives a restart of the host, and a repeated call just follows.
 */
#ifndef PLUGINS_DATABRICKS_CHANGE_H
#define PLUGINS_DATABRICKS_CHANGE_H

#include "databricks.h"

/* What the start of a change does, by the state that it finds. */
enum dbx_move {
	DBX_SEND,   /* sends the POST */
	DBX_FOLLOW, /* the change is already running */
	DBX_WAIT,   /* the opposite change is running: the POST is sent when it has ended */
	DBX_CANNOT, /* the state does not allow the change */
};

/* A kind of object that can be started and stopped. */
struct dbx_thing {
	const struct dbx_kind *kind; /* how a name becomes an id */
	const char *noun, *word;     /* "SQL warehouse", and in progress messages "warehouse" */
	const char *argument;	     /* "warehouse_id"; also the variable of `get` and `path` */
	const char *get;	     /* GET of the object, a template */
	const char *page;	     /* for a person, before the id: "/sql/warehouses/" */
	const char *resting;	     /* the state after a stop, from which it can be started */
	uint32_t poll_ms;
	struct mcp_words (*words)(struct mcp_call *call, const char *asked);
	/* Why the wanted state was not reached, "It is STOPPED. no quota", and what to do next. */
	const char *(*why)(struct mcp_call *call, struct json_object *item);
	const char *(*help)(struct mcp_call *call, const char *id);
	/* A value that changes when somebody else starts the object. */
	int64_t (*mark)(struct mcp_call *call, struct json_object *item);
};

struct dbx_change {
	const struct dbx_thing *thing;
	const char *verb;    /* "start" */
	const char *path;    /* of the POST, a template */
	bool body;	     /* the id is in the body of the POST */
	const char *sent;    /* the state after the POST was accepted: "STARTING" */
	const char *goal;    /* the wanted state */
	const char *next;    /* the call that shows its progress: "start_sql_warehouse" */
	const char *waiting; /* the text after its id: " wait_s=50", or "" */
	enum dbx_move (*move)(const char *state);
	const char *const *failed; /* states that end a poll without success; ends with NULL */
};

/* A start: resolves the argument, then runs `fn`, which calls dbx_change_look(). */
int dbx_change_begin(struct mcp_call *call, const struct dbx_change *change, mcp_step_fn fn);
/* Reads the object; `state` is that of `fn`. */
int dbx_change_look(struct mcp_call *call, const struct dbx_change *change, const void *state);
/* A poll. */
int dbx_change_poll(struct mcp_call *call, const struct dbx_change *change);

#endif
