/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host without transports: plugins of this build, in this process or in a worker, real calls and
 * egress, and a small upstream on loopback. A call becomes a transcript: everything that a client
 * would see, line by line.
 */
#ifndef TESTS_UNIT_WORKER_RIG_H
#define TESTS_UNIT_WORKER_RIG_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "call/call.h"
#include "call/calls.h"
#include "config/config.h"
#include "egress/egress.h"
#include "plugin/loader.h"

struct worker_rig {
	struct config config;
	struct config_plugin plugin;
	struct config_upstream upstream;
	char *directory;
	struct loop *loop;
	bool inside; /* the loop runs */
	struct pool *pool;
	struct plugins *plugins;
	struct egress *egress;
	struct calls *calls;
	struct principal principal;
	const char *changed; /* the last `what` of a change, or NULL */
	struct buf heard;    /* all of them: "what " or "uri ", in their order */
	/* the upstream */
	int listener;
	pthread_t server;
};

/* What to call, and how. */
struct use {
	enum row_kind kind;
	int cancel_after_ms; /* 0: not cancelled */
	int wait_ms;	     /* as in call_spec */
	bool progress;
	bool cancel_at_progress; /* at the first: the step runs */
	const char *name; /* tool or prompt; URI of a resource; "REF ARGUMENT" of a completion */
	const char *arguments;	    /* JSON; NULL: {} */
	const char *capabilities;   /* NULL: elicitation, sampling, roots */
	const char *const *answers; /* JSON objects, one for each round of questions, then NULL */
};

/* `folder` is the plugin's folder below tests/plugins of the build; options may be NULL. */
void rig_open(struct worker_rig *rig, const char *folder, const char *plugin,
	      enum isolation isolation, const char *options);
void rig_close(struct worker_rig *rig);
/* Runs the call to its end and appends the transcript. */
void rig_call(struct worker_rig *rig, const struct use *use, struct buf *transcript);
/* Several at once, each with its transcript. */
void rig_calls(struct worker_rig *rig, const struct use *use, struct buf *transcript, size_t n);
/* Runs the loop for a while. */
void rig_wait(struct worker_rig *rig, unsigned ms);

#endif
