/* SPDX-License-Identifier: Apache-2.0 */
/* A loop, an egress and a misbehaving upstream, and requests that run to their end. */
#ifndef TESTS_UNIT_EGRESS_RIG_H
#define TESTS_UNIT_EGRESS_RIG_H

#include "base/loop.h"
#include "base/mem.h"
#include "config/faults.h"
#include "egress/egress.h"
#include "upstream.h"

struct rig {
	struct loop *loop;
	struct config *config;
	struct egress *egress;
	struct upstream *upstream;
	struct strings permissions;
	struct egress_scope scope;
	unsigned waiting; /* requests under way; the loop stops at the last */
};

/* What a request came to; a copy. */
struct got {
	struct rig *rig;
	bool done;
	struct mcp_reply reply;			 /* its pointers point below, but for the body */
	char *body, *why, *request_id, *headers; /* "Name: value\n", … */
	egress_sink_fn sink;
	void *sink_data;
};

/* `workspace` are more settings of upstreams.workspace, `plugins` of the group plugins. */
struct rig *rig_new(const char *workspace, const char *plugins);
struct rig *rig_new_tls(const char *ca_file, const char *workspace);
/* The upstream is not there, or somewhere else. */
struct rig *rig_new_at(const char *host, const char *workspace, const char *plugins);
/* Another service: `auth` is the inside of upstreams.workspace.auth; URL in it stands for the
 * address of the upstream. `path` stands behind its address. */
struct rig *rig_new_generic(const char *path, const char *auth);
void rig_free(struct rig *rig);
void rig_permit(struct rig *rig, const char *permission);

struct mcp_http get(const char *path);
struct mcp_http post(const char *path, const struct mcp_piece *body);

/* Submits; `got` stays put until it is done or cancelled. */
struct transfer *rig_submit(struct rig *rig, const struct mcp_http *http, struct got *got);
void rig_run(struct rig *rig); /* until nothing is under way */
/* Submits and runs. */
void rig_fetch(struct rig *rig, const struct mcp_http *http, struct got *got);
void got_fini(struct got *got);
/* Runs the loop until the function says so. */
void rig_until(struct rig *rig, bool (*enough)(void *data), void *data);

#endif
