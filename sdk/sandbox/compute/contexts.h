/* SPDX-License-Identifier: Apache-2.0 */
/* Types and functions that contexts.c (execution contexts and their clusters) and commands.c (their
 * commands) share. */
#ifndef SANDBOX_CONTEXTS_H
#define SANDBOX_CONTEXTS_H

#include "compute/exec.h"

enum {
	MAX_CONTEXTS = 150, /* most contexts of one cluster */
	/* most commands that one context keeps; the oldest ones that have ended are removed */
	MAX_COMMANDS = 100,
};

struct command;

struct context {
	char id[24], cluster[128];
	char language[8]; /* python, sql, scala, r */
	int64_t created_ms, cluster_since;
	bool dead; /* the context was destroyed, or its cluster has terminated */
	/* references: one of the list, and one of each running command */
	int refs;
	struct exec exec;	      /* only the running command uses it */
	struct command *first, *last; /* oldest first */
	size_t command_count;
	struct context *next;
};

/* API 1.2 reports errors as {"error": text}. */
void error_12(struct request *req, int status, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* 200 with {"id": id}. */
void reply_id_12(struct request *req, const char *id);
const char *need_12(struct request *req, const char *value, const char *name);
/* Does the cluster exist, and is it running? When the result is false, the request was answered. */
bool cluster_ready(struct request *req, const char *cluster);
/* A context of the workspace that has not ended, with a reference. NULL when the request was
 * refused. */
struct context *context_need(struct request *req, const char *cluster, const char *id);
void context_unref(struct context *context);
/* Was the cluster terminated or restarted since that time? Takes ws_lock. */
bool context_cluster_gone(struct context *context);

/* contexts_lock protects the list, and the flags and commands of all contexts. */
void contexts_lock(void);
void contexts_unlock(void);
/* Cancels all commands of a context. The caller holds contexts_lock. */
void commands_cancel_all(struct context *context);
void commands_free(struct context *context);

#endif
