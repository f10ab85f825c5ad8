/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by contexts.c (execution contexts and their clusters) and commands.c (their commands). */
#ifndef SANDBOX_CONTEXTS_H
#define SANDBOX_CONTEXTS_H

#include "compute/exec.h"

enum {
	MAX_CONTEXTS = 150, /* contexts of one cluster */
	MAX_COMMANDS = 100, /* commands kept for one context; the oldest ended ones are removed */
};

struct command;

struct context {
	char id[24], cluster[128];
	char language[8]; /* python, sql, scala, r */
	int64_t created_ms, cluster_since;
	bool dead;		      /* destroyed, or its cluster has terminated */
	int refs;		      /* references: one of the list, one of each running command */
	struct exec exec;	      /* used by the command that runs */
	struct command *first, *last; /* oldest first */
	size_t command_count;
	struct context *next;
};

/* API 1.2 reports errors as {"error": text}. */
void error_12(struct request *req, int status, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* 200 with {"id": id}. */
void reply_id_12(struct request *req, const char *id);
const char *need_12(struct request *req, const char *value, const char *name);
/* Does the cluster exist and run? Has answered when false. */
bool cluster_ready(struct request *req, const char *cluster);
/* A live context of the workspace, with a reference; NULL after a refusal. */
struct context *context_need(struct request *req, const char *cluster, const char *id);
void context_unref(struct context *context);
/* Was the cluster terminated or restarted since then? Takes ws_lock. */
bool context_cluster_gone(struct context *context);

/* contexts_lock protects the list, and the flags and commands of all contexts. */
void contexts_lock(void);
void contexts_unlock(void);
/* Cancels all commands of a context; the caller holds contexts_lock. */
void commands_cancel_all(struct context *context);
void commands_free(struct context *context);

#endif
