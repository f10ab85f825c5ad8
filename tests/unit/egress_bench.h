/* SPDX-License-Identifier: Apache-2.0 */
/* A loop, an egress and a misbehaving upstream, and requests that run to their end. */
#ifndef TESTS_UNIT_EGRESS_BENCH_H
#define TESTS_UNIT_EGRESS_BENCH_H

#include "base/loop.h"
#include "base/mem.h"
#include "config/internal.h"
#include "egress/egress.h"
#include "upstream.h"

struct bench {
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
	struct bench *bench;
	bool done;
	struct mcp_reply reply;			 /* its pointers point below, but for the body */
	char *body, *why, *request_id, *headers; /* "Name: value\n", … */
	egress_sink_fn sink;
	void *sink_data;
};

/* `workspace` are more settings of upstreams.workspace, `plugins` of the group plugins. */
struct bench *bench_new(const char *workspace, const char *plugins);
struct bench *bench_new_tls(const char *ca_file, const char *workspace);
/* The upstream is not there, or somewhere else. */
struct bench *bench_new_at(const char *host, const char *workspace, const char *plugins);
/* Another service: `auth` is the inside of upstreams.workspace.auth; URL in it stands for the
 * address of the upstream. `path` stands behind its address. */
struct bench *bench_new_generic(const char *path, const char *auth);
void bench_free(struct bench *bench);
void bench_permit(struct bench *bench, const char *permission);

struct mcp_http get(const char *path);
struct mcp_http post(const char *path, const struct mcp_piece *body);

/* Submits; `got` stays put until it is done or cancelled. */
struct transfer *bench_submit(struct bench *bench, const struct mcp_http *http, struct got *got);
void bench_run(struct bench *bench); /* until nothing is under way */
/* Submits and runs. */
void bench_fetch(struct bench *bench, const struct mcp_http *http, struct got *got);
void got_fini(struct got *got);
/* Runs the loop until the function says so. */
void bench_until(struct bench *bench, bool (*enough)(void *data), void *data);

#endif
