/* SPDX-License-Identifier: Apache-2.0 */
/* A host without transports: plugins of this build, in this process or in a worker, real calls and
 * egress, and a small upstream on loopback. A call is written as a transcript: all that a client
 * would see, line by line. */
#ifndef TESTS_UNIT_WORKER_RIG_H
#define TESTS_UNIT_WORKER_RIG_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "call/call.h"
#include "call/calls.h"
#include "config/config.h"
#include "config/snapshot.h"
#include "egress/egress.h"
#include "plugin/loader.h"

#define TRANSCRIPT_MAX (16u << 20)

struct worker_rig {
	struct config config;
	struct snapshot snapshot;
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
	const char *changed; /* the last `what` of a reported change, or NULL */
	struct buf heard;    /* all changes in their order: "what " or "uri " */
	/* the upstream */
	int listener;
	pthread_t server;
};

/* The row to call, and how to call it. */
struct use {
	enum row_kind kind;
	int cancel_after_ms; /* 0: not cancelled */
	int wait_ms;	     /* the kind of entry, as in call_spec */
	bool progress;
	bool cancel_at_progress; /* called at the first report: the step is running */
	/* name of a tool or prompt; URI of a resource; "REF ARGUMENT" of a completion */
	const char *name;
	const char *arguments; /* JSON; NULL: {} */
	/* capabilities of the client; NULL: elicitation, sampling, roots */
	const char *capabilities;
	/* answers as JSON objects, one for each round of questions, then NULL */
	const char *const *answers;
};

/* Makes a rig. `folder` is the plugin's folder below tests/plugins of the build; options may be
 * NULL. */
void rig_open(struct worker_rig *rig, const char *folder, const char *plugin,
	      enum isolation isolation, const char *options);
void rig_close(struct worker_rig *rig);
/* Runs the call to its end and appends the transcript. */
void rig_call(struct worker_rig *rig, const struct use *use, struct buf *transcript);
/* Asserts that the transcript of the call contains this part. */
void rig_expect(struct worker_rig *rig, const struct use *use, const char *part);
/* Runs several calls at once, each with a transcript. */
void rig_calls(struct worker_rig *rig, const struct use *use, struct buf *transcript, size_t n);
/* Runs the loop for a short time. */
void rig_wait(struct worker_rig *rig, unsigned ms);

#endif
