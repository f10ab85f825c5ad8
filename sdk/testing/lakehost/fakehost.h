/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host in a library, for the tests of a plugin. It runs a row with arguments and prepared
 * upstream replies, and returns the result. Steps, results, caps, tables and failures are the
 * host's own code, so a test sees what a client would get. The fake host does not wait: it only
 * counts the time. There is no network, no schema (a test must give the defaults of the schema
 * itself) and no credential. Only one thread may use a fake host; the plugin may have its own
 * threads. Aborts when memory is exhausted. Everything exists since SDK 0.1, unless its comment
 * names a later version.
 *
 *	struct fakehost *host = fakehost_new(&mcp_plugin);
 *	const struct fakehost_result *result;
 *
 *	fakehost_reply(host, "GET /api/get?id=a", 200, "{\"state\":\"RUNNING\"}");
 *	result = fakehost_tool(host, "get", "{\"id\":\"a\"}");
 *	assert(!result->failed && strstr(result->text, "RUNNING"));
 *	fakehost_free(host);
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
	enum mcp_status status; /* the status of the failure, else MCP_OK */
	const char *text;	/* all text, or the lines of the failure, joined by newlines */
	const char *what, *why, *next, *code; /* of the failure */
	int64_t retry_after_ms;
	const char *content;	/* the content blocks as a JSON array */
	const char *structured; /* JSON, or "" */
	const char *meta;	/* JSON object */
	const char *completion; /* the values of a completion as a JSON array */
	const char *require;	/* the missing capability, or "" */
	/* the questions as a JSON object {key: {method, params}}, or "" when there are none */
	const char *questions;
	bool working;	       /* the operation continues, and `text` is the interim answer */
	const char *message;   /* the percentage of its last poll */
	int percent;	       /* -1: unknown */
	unsigned steps, polls; /* that were run */
	uint64_t waited_ms;    /* milliseconds that a real host would have waited */
	size_t progress;       /* progress reports */
	double progress_done, progress_total; /* progress of the last report */
	const char *log;		      /* the lines of mcp_log(), each "level: text" */
	unsigned unexpected;		      /* requests for which the test has no reply */
};

/* A request that the call sent. */
struct fakehost_request {
	const char *method;
	const char *target; /* the path, with "?query" if there is one; or the URL */
	const char *body;   /* all pieces of the body; a secret appears as "<secret env:NAME>" */
	const char *upstream;
	const struct mcp_header *headers;
	size_t n_headers;
	uint32_t flags;
	enum mcp_retry retry;
};

/* Starts the plugin with the options "{}". When the plugin refuses to start, prints the reason on
 * stderr and aborts. */
struct fakehost *fakehost_new(const struct mcp_plugin *plugin);
/* Starts the plugin with options: a JSON object. */
struct fakehost *fakehost_new_with(const struct mcp_plugin *plugin, const char *options);
/* Stops the plugin and frees all results. NULL is allowed. */
void fakehost_free(struct fakehost *host);

/* The calls of functions in `struct mcp_host` by the plugin, from any thread, since the last call
 * of this function: lines "level: text", "changed: tools", "updated: URI". "" when there were none.
 * Valid until fakehost_reset() or fakehost_free(). */
const char *fakehost_news(struct fakehost *host);

/* ---- the world ------------------------------------------------------------------------------ */

/*
 * Adds a reply for a request "METHOD /path?query", or "METHOD https://…". A `*` at the end matches
 * any rest. A request with `file_op` is "FILE LOOK name 0": LOOK, JOIN, KEEP or DROP, reply_file,
 * part.
 * Replies for the same request are used in their order; the last one is repeated.
 */
void fakehost_reply(struct fakehost *host, const char *request, int status, const char *body);
/* Adds a reply of which every member can be set; they are copied: headers, request id,
 * retry_after_ms, error and why. */
void fakehost_reply_with(struct fakehost *host, const char *request, const struct mcp_reply *reply);
/* No reply arrives. */
void fakehost_no_reply(struct fakehost *host, const char *request, enum mcp_status error,
		       const char *why);
/* Removes prepared replies and recorded requests. */
void fakehost_reset(struct fakehost *host);

/* Settings for later calls. This one sets the capabilities of the client: a JSON object; default
 * "{}". */
void fakehost_capabilities(struct fakehost *host, const char *json);
/* Sets the client's answers: a JSON object {key: result}; NULL: no answers yet. */
void fakehost_answers(struct fakehost *host, const char *json);
/* Sets caps and format ("compact", "markdown", "csv", "json") of results; 0 and NULL mean the
 * default. */
void fakehost_results(struct fakehost *host, size_t rows, size_t text, size_t cell,
		      const char *format);
/* Sets how long a call waits for an operation; default 20,000 ms. */
void fakehost_wait(struct fakehost *host, uint32_t ms);
/* The client cancels each call after this number of steps; 0: never. */
void fakehost_cancel_after(struct fakehost *host, unsigned steps);

/* ---- calls ---------------------------------------------------------------------------------- */

/* Calls a tool. Arguments are a JSON object. An unknown name aborts. */
const struct fakehost_result *fakehost_tool(struct fakehost *host, const char *name,
					    const char *arguments);
/* Reads a resource or template by the name of its row; the arguments are the variables of the
 * template. */
const struct fakehost_result *fakehost_read(struct fakehost *host, const char *name,
					    const char *uri, const char *arguments);
/* Gets a prompt by the name of its row. */
const struct fakehost_result *fakehost_prompt(struct fakehost *host, const char *name,
					      const char *arguments);
/* Runs a completion by the name of its row, "REF ARGUMENT". */
const struct fakehost_result *fakehost_complete(struct fakehost *host, const char *name,
						const char *arguments);
/* Polls once the operation that the last call left running. The tool that the host publishes for
 * its result (`task` in a tool's JSON) does the same. */
const struct fakehost_result *fakehost_poll(struct fakehost *host);
/* Its cancel. */
const struct fakehost_result *fakehost_cancel(struct fakehost *host);
/* Runs the operation's `answer` with a JSON object {key: result}. */
const struct fakehost_result *fakehost_answer(struct fakehost *host, const char *answers);

/* The number of requests that the last call sent. */
size_t fakehost_requests(const struct fakehost *host);
/* A request of the last call by its number. NULL when there are fewer requests. */
const struct fakehost_request *fakehost_request(const struct fakehost *host, size_t i);

#ifdef __cplusplus
}
#endif

#endif
