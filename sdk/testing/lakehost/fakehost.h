/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host in a library, for the tests of a plugin. It runs a row with arguments and prepared
 * upstream replies, and returns the result. Steps, results, caps, tables and failures are the
 * host's own code, so a test sees what a client would get. Nothing waits: time is only counted.
 * There is no network, no schema (give the defaults of the schema yourself) and no credential. For
 * one thread, except for the plugin's own threads. Aborts when memory is exhausted.
 *
 * struct fakehost *host = fakehost_new(&mcp_plugin); fakehost_reply(host, "GET /api/get?id=a", 200,
 * "{\"state\":\"RUNNING\"}"); const struct fakehost_result *result = fakehost_tool(host, "get",
 * "{\"id\":\"a\"}"); assert(!result->failed && strstr(result->text, "RUNNING"));
 * fakehost_free(host);
 */
#ifndef LAKEHOST_FAKEHOST_H
#define LAKEHOST_FAKEHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lakehost/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

struct fakehost;

/* The result of a call. Strings are never NULL and are valid until the next call or
 * fakehost_free(). */
struct fakehost_result {
	bool failed;
	enum mcp_status status; /* of the failure, else MCP_OK */
	const char *text;	/* all text, or the lines of the failure, joined by newlines */
	const char *what, *why, *next, *code; /* of the failure */
	int64_t retry_after_ms;
	const char *content;	/* JSON array of the content blocks */
	const char *structured; /* JSON, or "" */
	const char *meta;	/* JSON object */
	const char *completion; /* JSON array of the values */
	const char *require;	/* the missing capability, or "" */
	const char *questions;	/* JSON object {key: {method, params}}, or "" when none */
	bool working;		/* the operation continues; `text` is the interim answer */
	const char *message;	/* of its last poll */
	int percent;		/* -1: unknown */
	unsigned steps, polls;	/* that were run */
	uint64_t waited_ms;	/* milliseconds that a real host would have waited */
	size_t progress;	/* progress reports */
	double progress_done, progress_total; /* of the last one */
	const char *log;		      /* lines of mcp_log(), each "level: text" */
	unsigned unexpected;		      /* requests without a prepared reply */
};

/* A request that a call made. */
struct fakehost_request {
	const char *method;
	const char *target; /* path, with "?query" if there is one; or the url */
	const char *body;   /* all pieces; a secret appears as "<secret env:NAME>" */
	const char *upstream;
	const struct mcp_header *headers;
	size_t n_headers;
	uint32_t flags;
	enum mcp_retry retry;
};

/* Starts the plugin with the options "{}". Aborts, with the reason on stderr, when it refuses. */
struct fakehost *fakehost_new(const struct mcp_plugin *plugin);
/* The same with options: a JSON object. */
struct fakehost *fakehost_new_with(const struct mcp_plugin *plugin, const char *options);
/* Stops the plugin and frees all results. NULL is allowed. */
void fakehost_free(struct fakehost *host);

/* The plugin's use of `struct mcp_host`, from any thread, since the last call of this function:
 * lines "level: text", "changed: tools", "updated: URI"; "" when there were none. Valid until
 * fakehost_reset() or fakehost_free(). */
const char *fakehost_news(struct fakehost *host);

/* ---- the world ------------------------------------------------------------------------------ */

/*
 * Adds a reply for a request "METHOD /path?query", or "METHOD https://…". A `*` at the end matches
 * any rest. Replies for the same request are used in their order; the last one is repeated.
 */
void fakehost_reply(struct fakehost *host, const char *request, int status, const char *body);
/* The same with any field, copied: headers, request id, retry_after_ms, error and why. */
void fakehost_reply_with(struct fakehost *host, const char *request, const struct mcp_reply *reply);
/* No reply arrives. */
void fakehost_no_reply(struct fakehost *host, const char *request, enum mcp_status error,
		       const char *why);
/* Removes prepared replies and recorded requests. */
void fakehost_reset(struct fakehost *host);

/* For later calls. The capabilities of the client: a JSON object; default "{}". */
void fakehost_capabilities(struct fakehost *host, const char *json);
/* Its answers: a JSON object {key: result}; NULL: none yet. */
void fakehost_answers(struct fakehost *host, const char *json);
/* Caps and format ("compact", "markdown", "csv", "json") of results; 0 and NULL: the default. */
void fakehost_results(struct fakehost *host, size_t rows, size_t text, size_t cell,
		      const char *format);
/* How long an operation is waited for; default 20,000 ms. */
void fakehost_wait(struct fakehost *host, uint32_t ms);
/* The client cancels a call after this many steps; 0: never. */
void fakehost_cancel_after(struct fakehost *host, unsigned steps);

/* ---- calls ---------------------------------------------------------------------------------- */

/* Arguments are a JSON object. An unknown name aborts. */
const struct fakehost_result *fakehost_tool(struct fakehost *host, const char *name,
					    const char *arguments);
/* A resource or template by its row's name; the arguments are a template's variables. */
const struct fakehost_result *fakehost_read(struct fakehost *host, const char *name,
					    const char *uri, const char *arguments);
/* A prompt by its row's name. */
const struct fakehost_result *fakehost_prompt(struct fakehost *host, const char *name,
					      const char *arguments);
/* A completion by its row's name, "REF ARGUMENT". */
const struct fakehost_result *fakehost_complete(struct fakehost *host, const char *name,
						const char *arguments);
/* One poll of the operation that the last call left working: what the tool does that the host
 * publishes for its result (`task` of a tool's JSON). */
const struct fakehost_result *fakehost_poll(struct fakehost *host);
/* Its cancel. */
const struct fakehost_result *fakehost_cancel(struct fakehost *host);
/* Its answer, with a JSON object {key: result}. */
const struct fakehost_result *fakehost_answer(struct fakehost *host, const char *answers);

/* How many requests the last call made. */
size_t fakehost_requests(const struct fakehost *host);
/* One of them; NULL when there are not so many. */
const struct fakehost_request *fakehost_request(const struct fakehost *host, size_t i);

#ifdef __cplusplus
}
#endif

#endif
