/* SPDX-License-Identifier: Apache-2.0 */
/* Types and functions that the files of the fake host share. */
#ifndef LAKEHOST_FAKEHOST_INTERNAL_H
#define LAKEHOST_FAKEHOST_INTERNAL_H

#include <pthread.h>

#include <lakehost/fakehost.h>

#include "base/arena.h"
#include "base/buf.h"
#include "run/run.h"

/* a cap on combined strings, which is far larger than a test needs */
#define TEXT_CAP ((size_t)64 << 20)

struct canned {
	char *request; /* as given */
	bool prefix;   /* the request ended with `*`, which was removed */
	bool used;
	struct mcp_reply reply;
	struct canned *next;
};

struct fakehost {
	const struct mcp_plugin *plugin;
	struct mcp_host info; /* given to start() */
	void *self;	      /* set by start() */
	pthread_mutex_t lock; /* protects `news`, because a plugin may have threads */
	struct buf news;
	char *options, *capabilities, *answers;
	struct result_limits limits;
	uint32_t wait_ms;
	unsigned cancel_after;

	struct arena *kept; /* canned replies */
	struct canned *canned, **canned_end;

	/* requests of the last call */
	struct arena *arena; /* memory of results and requests */
	struct run *run;
	const struct mcp_row *row;
	char *arguments;
	unsigned char handle[MCP_HANDLE_MAX];
	size_t handle_len;
	struct fakehost_request *request;
	size_t requests;
	struct buf log;
	struct fakehost_result result;
	int64_t deadline_ms, wait_until_ms;
	uint64_t budget_ms; /* time that is left for the clean-up after a cancel */
};

/* upstream.c */
void upstream_answer(struct fakehost *host, const struct mcp_http *request,
		     struct mcp_reply *reply);
/* show.c */
void show_result(struct fakehost *host, const struct outcome *outcome);

#endif
