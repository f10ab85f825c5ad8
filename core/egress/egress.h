/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All requests to upstreams: one curl multi on the loop thread. Egress adds the upstream's
 * credential, checks permissions, repeats what may be repeated, limits and masks replies, and never
 * follows a redirect. Plugins and the other parts of core never see a credential.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_EGRESS_H
#define CORE_EGRESS_EGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lakehost/plugin.h>

#include "config/config.h"

struct egress;
struct fence;
struct loop;
struct pool;
struct principal;
struct transfer;

/* The origin of a request. */
struct egress_scope {
	const char *plugin;
	const struct strings *permissions; /* see config/permission.h */
	/* the plugin's own upstream is used; NULL: "workspace" */
	const char *upstream;
	/* the host itself may use every upstream, also without a plugin */
	bool any_upstream;
	const char *traceparent;      /* a trace id; NULL: a new one is made */
	const char *principal, *tool; /* name of the client for User-Agent and log */
	/* for whom the request is made: only an upstream with on_behalf_of looks at it. NULL: the
	 * host itself */
	const struct principal *behalf;
	const struct fence *fence; /* objects that requests may name; NULL: all */
	unsigned declared;	   /* of the verdict, see base/verdict.h */
	uint32_t ttl_ms;	   /* the reply to a GET may be that old; 0: only a new one */
	int64_t deadline_ms;	   /* monotonic time; no retry and no wait goes beyond it */
};

/* `reply` and everything in it are valid until the function returns. */
typedef void (*egress_done_fn)(void *data, const struct mcp_reply *reply);
/* For MCP_REPLY_SINK: 0 continue, 1 stop, 2 later: no byte was taken, and the same bytes are
 * offered again after transfer_resume(). It may cancel transfers and submit new ones. */
typedef int (*egress_sink_fn)(void *data, const char *bytes, size_t len);

/* Makes and frees egress, on the loop thread. `config` is borrowed. `pool`, whose threads read
 * and write files, must live longer. The loop must not run after egress_free(), unless
 * egress_idle(); it does not call any `done`. */
struct egress *egress_new(struct loop *loop, const struct config *config, struct pool *pool);
void egress_free(struct egress *egress);
/* True when nothing runs and nothing is posted: egress may be freed while the loop goes on. */
bool egress_idle(const struct egress *egress);
/* Can libcurl be loaded? It is needed for the first request. False with `why`. */
bool egress_available(char *why, size_t why_size);
/* Reads all credentials that are stored in files again. */
void egress_reload(struct egress *egress);

/* Appends what credential_explain() says about the credential of this upstream. */
void egress_explain(const struct egress *egress, const char *role, struct strings *lines);

/* The version of HTTP that the upstream spoke last: "HTTP/2" or "HTTP/1.1"; "no HTTP" before its
 * first answer. */
const char *egress_http(const struct egress *egress, const char *role);

/* Starts a request and copies everything. `done` is called exactly once, later, on the loop thread,
 * also for requests that are refused. */
struct transfer *egress_submit(struct egress *egress, const struct egress_scope *scope,
			       const struct mcp_http *request, egress_sink_fn sink,
			       egress_done_fn done, void *data);
/* GET of a public document for the host itself, without any credential. `from` has the time-outs,
 * the number of repetitions, ca_file, and as role the place in the configuration, for messages; it
 * is borrowed until the end. `done` as above. */
struct transfer *egress_document(struct egress *egress, const struct config_upstream *from,
				 const char *url, size_t max, egress_done_fn done, void *data);
/* Does an earlier request of the host answer this transfer, so that no own one is sent? Valid until
 * the loop runs again. */
bool transfer_reuses(const struct transfer *transfer);
/* The age of its reply, in milliseconds; 0: the reply is yet to come. Valid as above. */
int64_t transfer_age_ms(const struct transfer *transfer);
/* Ends a transfer now; `done` will not be called. */
void egress_cancel(struct transfer *transfer);
/* continues a paused transfer; does not call the sink or `done` itself */
void transfer_resume(struct transfer *transfer);

/* A caller that keeps a copy of a reply's body must reserve its bytes, which counts them within
 * limits.replies, and release them with the copy. False with `why`: there is no room, so the caller
 * must not copy the body. */
bool egress_hold(struct egress *egress, uint64_t bytes, char *why, size_t why_size);
void egress_release(struct egress *egress, uint64_t bytes);

/* For the metrics. */
struct egress_load {
	size_t running;	      /* requests that are sent and not answered */
	uint64_t held, limit; /* bytes of replies in memory, and limits.replies */
	size_t cached;	      /* replies that are kept to be given again */
	uint64_t cached_bytes;
};
void egress_load(const struct egress *egress, struct egress_load *load);

#endif
