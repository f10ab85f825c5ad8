/* SPDX-License-Identifier: Apache-2.0 */
/* A loop, an egress and a misbehaving upstream, for tests that run requests to their end. */
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
	unsigned waiting; /* number of running requests; the loop stops after the last one */
};

/* A copy of the result of a request. */
struct got {
	struct rig *rig;
	bool done;
	/* a copy whose pointers point to members below, except for the body */
	struct mcp_reply reply;
	char *body, *why, *request_id, *headers; /* "Name: value\n", … */
	egress_sink_fn sink;
	void *sink_data;
};

/* Makes the rig. `workspace` has more settings for upstreams.workspace, `plugins` for the group
 * plugins. */
struct rig *rig_new(const char *workspace, const char *plugins);
struct rig *rig_new_tls(const char *ca_file, const char *workspace);
/* Makes a rig whose upstream cannot be reached, or has another address. */
struct rig *rig_new_at(const char *host, const char *workspace, const char *plugins);
/* Makes a rig with another kind of service. `auth` is the content of upstreams.workspace.auth; the
 * word URL in it is replaced by the address of the upstream. `path` is appended to the address. */
struct rig *rig_new_generic(const char *path, const char *auth);
void rig_free(struct rig *rig);
void rig_permit(struct rig *rig, const char *permission);

struct mcp_http get(const char *path);
struct mcp_http post(const char *path, const struct mcp_piece *body);

/* Submits a request. `got` must not move until the request is done or cancelled. */
struct transfer *rig_submit(struct rig *rig, const struct mcp_http *http, struct got *got);
void rig_run(struct rig *rig); /* until nothing runs */
/* Submits and runs. */
void rig_fetch(struct rig *rig, const struct mcp_http *http, struct got *got);
void got_fini(struct got *got);
/* Runs the loop until the function returns true. */
void rig_until(struct rig *rig, bool (*enough)(void *data), void *data);
/* For rig_until(): has a request arrived at this struct upstream? */
bool rig_arrived(void *upstream);

#endif
