/* SPDX-License-Identifier: Apache-2.0 */
/* A loop, an egress and a misbehaving upstream; requests run to their end. */
#ifndef TESTS_UNIT_EGRESS_RIG_H
#define TESTS_UNIT_EGRESS_RIG_H

#include "base/loop.h"
#include "base/mem.h"
#include "base/pool.h"
#include "config/faults.h"
#include "egress/egress.h"
#include "upstream.h"

struct rig {
	struct loop *loop;
	struct config *config;
	struct egress *egress;
	struct pool *pool;
	struct upstream *upstream;
	struct strings permissions;
	struct egress_scope scope;
	unsigned waiting; /* running requests; the loop stops after the last */
};

/* The result of a request; a copy. */
struct got {
	struct rig *rig;
	bool done;
	struct mcp_reply reply;			 /* its pointers point to members below, except
						  * the body */
	char *body, *why, *request_id, *headers; /* "Name: value\n", … */
	egress_sink_fn sink;
	void *sink_data;
};

/* `workspace` are more settings of upstreams.workspace, `plugins` of the group plugins. */
struct rig *rig_new(const char *workspace, const char *plugins);
struct rig *rig_new_tls(const char *ca_file, const char *workspace);
/* The upstream is not reachable, or elsewhere. */
struct rig *rig_new_at(const char *host, const char *workspace, const char *plugins);
/* Another service: `auth` is the content of upstreams.workspace.auth; URL in it is replaced by the
 * address of the upstream. `path` follows its address. */
struct rig *rig_new_generic(const char *path, const char *auth);
void rig_free(struct rig *rig);
void rig_permit(struct rig *rig, const char *permission);

struct mcp_http get(const char *path);
struct mcp_http post(const char *path, const struct mcp_piece *body);

/* Submits; `got` must not move until it is done or cancelled. */
struct transfer *rig_submit(struct rig *rig, const struct mcp_http *http, struct got *got);
void rig_run(struct rig *rig); /* until nothing runs */
/* Submits and runs. */
void rig_fetch(struct rig *rig, const struct mcp_http *http, struct got *got);
void got_fini(struct got *got);
/* Runs the loop until the function returns true. */
void rig_until(struct rig *rig, bool (*enough)(void *data), void *data);

#endif
