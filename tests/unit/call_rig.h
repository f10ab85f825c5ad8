/* SPDX-License-Identifier: Apache-2.0 */
/* A host around the call layer, for its tests. It has one plugin whose rows are a table of the
 * test, an upstream that answers by rules or never, and a clock that does not advance while any
 * code runs. */
#ifndef TESTS_UNIT_CALL_RIG_H
#define TESTS_UNIT_CALL_RIG_H

#include <stdatomic.h>

#include <lakehost/call.h>

#include "base/loop.h"
#include "call/calls.h"
#include "call/inprocess.h"
#include "base/pool.h"
#include "call/state.h"
#include "config/config.h"
#include "config/snapshot.h"
#include "registry/provider.h"

/* How the upstream answers a request "METHOD /path?query". */
struct rule {
	const char *request;
	int delay_ms; /* delay of the answer; < 0: no answer before the deadline of the request */
	int status;   /* 0: `error` */
	const char *body;
	enum mcp_status error;
};

struct rig {
	struct loop *loop;
	struct config config;
	struct snapshot snapshot;
	struct config_upstream upstream;
	struct pool *pool;
	struct calls *calls;
	const struct mcp_row *rows; /* rows of the one plugin */
	struct provider provider;
	const struct rule *rules;
	size_t n_rules;
	struct transfer *transfers; /* under way */
	char requests[4096];	    /* the requests, with a newline after each */
	unsigned n_requests, cancelled_requests;
	uint64_t replies_held; /* bytes of replies that calls keep */
	bool replies_full;     /* calls may keep no bytes */
	unsigned open;	       /* number of probes that wait for an answer */
	bool running;	       /* the loop */
	struct json_object *meta;
	atomic_uint told;
	unsigned (*held)(void); /* counts the steps that the test holds; may be NULL */
};

/* One call, as its owner sees it. */
struct probe {
	struct rig *rig;
	struct call *call;
	struct row row, tool;
	unsigned done, asks, progress, logs;
	int percent;
	bool failed, working, keep; /* keep: the call stays until the test frees it */
	enum mcp_status status;
	char text[2048], structured[512], message[128];
	char questions[256]; /* keys */
	char handle[64];
	const char *answers; /* the answers for a question; NULL: the call is freed instead */
	void (*asked)(struct probe *probe);
	double progress_last;
	bool progress_fell; /* or the call asks again */
};

/* Members that a test does not set are zero. */
struct probe_spec {
	const char *name, *arguments, *capabilities, *answers;
	bool is_inline, wants_progress;
	bool looks; /* a row that cannot start an operation */
	bool visit; /* the row that the host publishes for the result of an operation */
	enum row_kind kind;
	int wait_ms, wait_s; /* the value wait_s in the row's meta */
	enum entry entry;
	const char *handle;
};

void rig_init(struct rig *rig, const struct mcp_row *rows, const struct rule *rules,
	      size_t n_rules);
void rig_fini(struct rig *rig);
/* Starts the row `name`. When the call is refused, the probe has no call, and `text` is the
 * reason. */
void rig_start(struct rig *rig, struct probe *probe, const struct probe_spec *spec);
/* Runs the loop until all probes have their answers. */
void rig_run(struct rig *rig);
/* Runs the loop until there are no calls: the clean-up after answers is over. */
void rig_settle(struct rig *rig);
/* Start and run. */
void rig_call(struct rig *rig, struct probe *probe, const struct probe_spec *spec);
/* Runs `fn` on the loop. */
void rig_later(struct rig *rig, int ms, void (*fn)(void *data), void *data);

#endif
