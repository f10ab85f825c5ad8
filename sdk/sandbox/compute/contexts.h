/* SPDX-License-Identifier: Apache-2.0 */
/* Between contexts.c (execution contexts and their clusters) and commands.c (what runs in them). */
#ifndef SANDBOX_CONTEXTS_H
#define SANDBOX_CONTEXTS_H

#include "compute/exec.h"

enum {
	MAX_CONTEXTS = 150, /* of one cluster */
	MAX_COMMANDS = 100, /* kept of one context; the oldest ended ones go */
};

struct command;

struct context {
	char id[24], cluster[128];
	char language[8]; /* python, sql, scala, r */
	int64_t created_ms, cluster_since;
	bool dead;		      /* destroyed, or its cluster ended */
	int refs;		      /* the list's and each running command's */
	struct exec exec;	      /* used by the command whose turn it is */
	struct command *first, *last; /* oldest first */
	size_t command_count;
	struct context *next;
};

/* API 1.2 says what is wrong in {"error": text}. */
void error_12(struct request *req, int status, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* 200 with {"id": id}. */
void reply_id_12(struct request *req, const char *id);
const char *need_12(struct request *req, const char *value, const char *name);
/* Is the cluster there and running?  Has answered when not. */
bool cluster_ready(struct request *req, const char *cluster);
/* A context of the workspace that is alive, with a reference; NULL after a refusal. */
struct context *context_need(struct request *req, const char *cluster, const char *id);
void context_unref(struct context *context);
/* Has its cluster ended or been restarted since?  Takes ws_lock. */
bool context_cluster_gone(struct context *context);

/* contexts_lock guards the list, the flags and the commands of contexts. */
void contexts_lock(void);
void contexts_unlock(void);
/* Cancels all commands of a context; wants contexts_lock held. */
void commands_cancel_all(struct context *context);
void commands_free(struct context *context);

#endif
