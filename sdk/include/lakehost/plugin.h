/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plugin contract of Lakehost, ABI 1.0.
 *
 * A plugin is one shared object that exports one data symbol, `mcp_plugin`, and has one ELF note
 * with its manifest. The manifest is JSON with everything that a client sees (tools, resources,
 * prompts) and everything that an operator decides (permissions, options). It is read without
 * running plugin code. The descriptor below only says which function serves which row.
 *
 * Only bytes cross this border, never types of a library. The host calls the plugin; the plugin
 * calls the host through `call->ops` and `struct mcp_host`, never by symbol, so the same file runs
 * inside the host or in a worker process without a difference.
 *
 * Rules for changes within ABI 1:
 * - A struct that begins with `size` can grow at its end. The writer sets `size` to its sizeof; the
 *   reader uses the members that both sides know. A member that the writer does not know is zero,
 *   and zero is always the safe value. A size below that of ABI 1.0 is a defect of the plugin.
 * - `struct mcp_row` can also grow at its end: its arrays carry their stride (MCP_ROWS).
 * - mcp_text, mcp_call, mcp_header, mcp_piece, mcp_column and mcp_rows are frozen: they are members
 *   of arrays or of other structs, so they never change. New data needs a new struct.
 * - An enum can grow at its end. The comment at the enum says what a reader does with a value that
 *   it does not know.
 * - A plugin is loaded only by a host of the same major version and of its minor version or a later
 *   one. Everything here exists since ABI 1.0, unless its comment names a later version.
 *
 * A handler runs in steps. A step must not block (except in mcp_http_wait(), in tools that are not
 * `inline`): it passes its requests to mcp_suspend() and returns; the host calls the next step with
 * the replies. Steps of one call never run at the same time. Steps of different calls do, on
 * several threads, so handlers must be re-entrant. The functions of a call are only for the thread
 * that runs its step; a plugin's own threads may use the functions of `struct mcp_host`.
 *
 * Memory belongs to the step: all memory from mcp_alloc() and the accessors is freed when the step
 * returns. Data for the next step is passed as `state` to mcp_suspend(), which copies it.
 *
 * A failure is final: after mcp_fail() or a helper that fails, all functions that write do nothing,
 * and the answer is that failure. Therefore handlers usually just return the status.
 */
#ifndef LAKEHOST_PLUGIN_H
#define LAKEHOST_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MCP_ABI_MAJOR 1
#define MCP_ABI_MINOR 0

#define MCP_STATE_MAX 4096  /* bytes of state that one suspension may carry */
#define MCP_HANDLE_MAX 512  /* bytes of an operation's handle */
#define MCP_REQUESTS_MAX 32 /* upstream requests of one suspension */

/* What a function of the host returns: MCP_OK, or a negative reason. As the status of a failure, a
 * value that is none of the reasons counts as MCP_E_INTERNAL. */
enum mcp_status {
	MCP_OK = 0,
	MCP_E_INPUT = -1,	    /* the arguments cannot be served; the model can repair them */
	MCP_E_NOT_FOUND = -2,	    /* the named object does not exist */
	MCP_E_PERMISSION = -3,	    /* the upstream or the operator forbids it */
	MCP_E_UNAUTHENTICATED = -4, /* the host's credential was refused or is missing */
	MCP_E_CONFLICT = -5,	    /* exists already, or is in a state that forbids it */
	MCP_E_THROTTLED = -6,	    /* the upstream asks to slow down */
	MCP_E_UNAVAILABLE = -7,	    /* unreachable, or not ready now; may work later */
	MCP_E_TIMEOUT = -8,	    /* no answer within the deadline */
	MCP_E_CANCELLED = -9,	    /* the client withdrew the call, or the host shuts down */
	MCP_E_TOO_LARGE = -10,	    /* a cap was reached; the reason names it */
	MCP_E_UPSTREAM = -11,	    /* the upstream answered something that is not its contract */
	MCP_E_UNSUPPORTED = -12,    /* the client or host lacks a capability */
	MCP_E_INTERNAL = -13,	    /* a defect of the plugin or the host */
};

/* Borrowed bytes; text is UTF-8. What the host gives is NUL-terminated behind `len`, too; what a
 * plugin gives need not be. `data` NULL is allowed where `len` is 0. Frozen. */
struct mcp_text {
	const char *data;
	size_t len;
};

struct mcp_ops;

/* One call, as the plugin sees it. The host makes it; its own part follows behind and is not
 * visible. Frozen. */
struct mcp_call {
	const struct mcp_ops *ops;
	void *sdk;  /* for the SDK's helpers; NULL at the start of each step */
	void *self; /* the value that the plugin's start() set, or NULL: see mcp_self() */
};

/* Runs a row. The return value is for the plugin's own propagation: the host looks at what was
 * written, suspended or failed, and takes a negative value without a failure as INTERNAL. */
typedef int (*mcp_handler_fn)(struct mcp_call *call);

/* Continues a call after mcp_suspend(); `state` is the copy made then, aligned for any type, and
 * lives until the step returns. The return value is that of a handler. */
typedef int (*mcp_step_fn)(struct mcp_call *call, const void *state, size_t len);

/* ---- upstream requests ---------------------------------------------------------------- */

/* What the host may repeat when a reply says that the upstream is busy, or never came. Which
 * methods are safe and idempotent: RFC 9110, 9.2. An unknown value counts as MCP_RETRY_NEVER. */
enum mcp_retry {
	MCP_RETRY_NEVER,      /* only when not one byte was sent, or on 429 */
	MCP_RETRY_SAFE,	      /* reads: repeat on 429, 502, 503, 504 and lost connections */
	MCP_RETRY_IDEMPOTENT, /* PUT, DELETE and the like: the same */
	MCP_RETRY_TOKEN,      /* a POST that carries an idempotency token: the same */
};

/* What a piece of a body is. A request with an unknown value is refused, and the call fails: what
 * was meant as a secret must not be sent as text. */
enum mcp_piece_kind {
	MCP_PIECE_BYTES,	 /* `text` as it is */
	MCP_PIECE_SECRET_JSON,	 /* `text` is a reference (env:NAME, file:PATH) from the operator's
				    allow-list; the host sends its value as a JSON string body
				    (escaped, without quotes) and masks it from then on */
	MCP_PIECE_SECRET_BASE64, /* the same, base64 */
};

/* One part of a request's body. The body is all parts in order. Frozen. */
struct mcp_piece {
	enum mcp_piece_kind kind;
	struct mcp_text text;
};

/* A header of a request or reply; neither may be NULL. Frozen. */
struct mcp_header {
	const char *name, *value;
};

/* Where the body of a successful reply goes. An unknown value counts as MCP_REPLY_BUFFER. */
enum mcp_reply_kind {
	MCP_REPLY_BUFFER,  /* in memory, at most `max_bytes` (0: the host's cap, 16 MiB) */
	MCP_REPLY_SINK,	   /* to `sink`, with back-pressure; error replies are still buffered */
	MCP_REPLY_FILE,	   /* to the file `reply_file` in one of the operator's transfer_dirs */
	MCP_REPLY_DISCARD, /* count the bytes, keep none */
};

/* Receives a successful body piece by piece, between two steps of its call, on a thread of the
 * host: it must not block, allocate from the call or use `ops`. `data` is borrowed until it returns
 * and has no NUL behind. Return false to stop the transfer (that is no error: the reply then has
 * `stopped` set). */
typedef bool (*mcp_sink_fn)(void *sink_data, const char *data, size_t len);

/* Flags of a request; unknown bits are ignored. */
enum {
	MCP_HTTP_CLEANUP = 1u << 0, /* may run after cancel or deadline, in the 10 s budget */
	MCP_HTTP_SINGLE_FLIGHT = 1u
			      << 1, /* may share the reply of an equal request that is running */
};

/*
 * One upstream request. The host adds the credential, checks method and path against the
 * permissions of the plugin, retries, caps, and follows no redirect. Build `path` with mcp_expand()
 * of <lakehost/call.h>: the host refuses dot segments, empty segments, control characters and
 * anything not percent-encoded. The host copies all of it before mcp_suspend() returns; only `sink`
 * and `sink_data` must live until the next step. Arrays of requests have the stride `size` of their
 * first one.
 */
struct mcp_http {
	uint32_t size; /* sizeof(struct mcp_http) */
	uint32_t flags;
	const char *upstream; /* NULL: that of the plugin's manifest; another one is refused */
	const char *method;   /* "GET", … */
	const char *path;     /* "/api/2.1/…", percent-encoded; or NULL with `url` */
	const char *query;    /* "a=1&b=2", percent-encoded; NULL: no query, or it is in `path`
			       * after a ? */
	const char *url;      /* a pre-signed link: sent without any credential; needs the
				    permission "METHOD link" */
	const struct mcp_header *headers;
	size_t n_headers; /* Accept, Content-Type, Range, If-*; any with `url` */
	const struct mcp_piece *body;
	size_t n_body;	       /* 0 and no body_file: no body */
	const char *body_file; /* a file in transfer_dirs instead of pieces */
	enum mcp_retry retry;
	enum mcp_reply_kind reply;
	uint64_t max_bytes;
	mcp_sink_fn sink;
	void *sink_data; /* the plugin's; lives until the next step */
	const char *reply_file;
	uint32_t timeout_ms; /* without a byte; 0: the upstream's own time-out */
	uint32_t cache_ms;   /* > 0: a GET reply this young, of the same credential, will do */
};

/* What came back, filled by the host and borrowed until the step returns. `status` is 0 when no
 * reply arrived; then `error` and `why` say the reason. */
struct mcp_reply {
	uint32_t size;
	int status;	       /* HTTP status */
	enum mcp_status error; /* MCP_OK once a whole reply arrived */
	const char *why;       /* one line, without secrets; "" when there is none */
	struct mcp_text body;
	const struct mcp_header *headers; /* no Set-Cookie, no authentication headers */
	size_t n_headers;
	const char *request_id; /* the upstream's, or "" */
	int64_t retry_after_ms; /* RFC 9110, 10.2.3; -1: not said */
	uint64_t bytes;		/* bytes of the body, kept or not */
	bool stopped;		/* the sink ended it */
};

/* ---- failures and context --------------------------------------------------------------- */

/*
 * A tool error for the model (what, why, what next) and its machine form; MCP, server/tools, "Error
 * Handling". All texts are copied. `what`, `next` and `code` are one line; `why` may have several,
 * and the host cuts it in the middle when it is long.
 *
 * In the poll of an operation there are two kinds of failure. Without `missed` the operation has
 * failed for good, whatever the status: the failure is the answer of the call. With `missed` only
 * this poll failed (no reply, 429, 5xx) and nothing is known about the operation: the host polls
 * again while the call waits, and else answers what the last poll wrote, and why this one failed.
 */
struct mcp_failure {
	uint32_t size;
	enum mcp_status status;
	const char *what;	/* "Cluster 0712-… cannot run code" */
	const char *why;	/* "It is TERMINATED" */
	const char *next;	/* "Call start_cluster cluster_id=0712-… (3 to 5 minutes)" */
	const char *code;	/* the upstream's error code, or NULL */
	int http_status;	/* 0: none */
	const char *request_id; /* or NULL */
	int64_t retry_after_ms; /* when to try again; 0 or less: unknown */
	bool missed;		/* only for a poll: see above; else ignored */
};

/* What mcp_context() can tell; of an unknown value it tells "". */
enum mcp_context {
	MCP_CTX_PRINCIPAL,    /* who calls; "local" on stdio */
	MCP_CTX_ROW,	      /* canonical name of the tool, resource, template or prompt */
	MCP_CTX_UPSTREAM_URL, /* base URL of the workspace for a human to click, no trailing / */
	MCP_CTX_TRACEPARENT,  /* W3C Trace Context, version 00; or "" */
	MCP_CTX_URI,	      /* the URI being read, or "" */
	MCP_CTX_FORMAT,	      /* result format: compact, markdown, csv, json */
	MCP_CTX_CALL_ID,      /* correlation id, unique per process */
	MCP_CTX_OPTIONS,      /* the plugin's options, a JSON object, defaults filled in */
	MCP_CTX_HANDLE,	      /* in poll, cancel and answer: the operation's handle, else "" */
};

/* What mcp_number() can tell; of an unknown value it tells 0. */
enum mcp_number {
	MCP_NUM_DEADLINE_MS, /* milliseconds left before the call must answer; 0: none left */
	MCP_NUM_MAX_ROWS,    /* rows that a table result may show */
	MCP_NUM_MAX_TEXT,    /* bytes that the text of a result may have */
	MCP_NUM_CANCELLED,   /* 1 after cancel, deadline or shutdown: only clean-up remains */
	MCP_NUM_PROGRESS,    /* 1 when the client asked for progress */
	MCP_NUM_NOW_MS,	     /* wall clock, milliseconds since 1970 */
	MCP_NUM_WAIT_MS,     /* hybrid wait left before an operation's answer is due */
};

/* How much a line of a log matters (RFC 5424, as MCP, server/utilities/logging, has it). An unknown
 * value counts as MCP_LOG_ERROR, so that nothing is lost. */
enum mcp_level { MCP_LOG_DEBUG, MCP_LOG_INFO, MCP_LOG_NOTICE, MCP_LOG_WARNING, MCP_LOG_ERROR };

/* A content block; MCP, server/tools, "Tool Result". All is copied. */
struct mcp_block {
	uint32_t size;
	const char *kind; /* text, image, audio, resource (embedded) or resource_link */
	const char *uri, *name, *title, *description, *mime; /* as the kind needs; else NULL */
	struct mcp_text text; /* of text and embedded text resources */
	struct mcp_text blob; /* raw bytes of image, audio and binary resources; host encodes */
	int64_t link_size;    /* the size of a resource_link in bytes; 0 or less: unknown */
	const char *role;     /* prompts: "user" or "assistant"; NULL: not a message */
	bool trusted;	      /* true: the plugin wrote the text. False: it is untrusted, so the
			       * host marks it as data and encloses text */
};

/* One column of a table result. Frozen. */
struct mcp_column {
	const char *name, *type; /* type may be NULL */
};

/* The end of a table or list, from which the host writes the exact truncation line. Texts are
 * copied. */
struct mcp_table_end {
	uint32_t size;
	int64_t total;	  /* rows in all; less than 0, or 0 after rows: unknown */
	bool at_least;	  /* `total` is a lower bound ("10,000+"); -1: whether there are more
				   is not known */
	bool more;	  /* there are rows beyond those offered to the writer */
	const char *noun; /* "rows", "clusters" */
	/* How to get the rest: "list_clusters page_token=…"; or NULL. When the host has dropped
	 * rows for its caps and `next_from` is set, that makes the text from the number of rows
	 * shown; it runs within mcp_table_end(), and what it returns belongs to the step. */
	const char *next;
	const char *(*next_from)(struct mcp_call *call, const void *data, size_t shown);
	const void *next_data;
	/* The call that shows cells whole that were cut; NULL when there is none. */
	const char *whole;
};

/*
 * The host, as a call sees it. Every function may be called from the thread that runs the step
 * only: from another thread, between two steps or after the call it does nothing and returns a
 * failure, the log names it, and the step that runs then fails as a mistake of the plugin. All but
 * `log` and `mask` fail softly (and stickily) once the call has failed. NULL where bytes, columns
 * or cells are due fails the call, too. What is passed in is copied before the function returns;
 * what comes back belongs to the step. Use the helpers of <lakehost/call.h> in place of this table:
 * each has the documentation of its function here, which bears the same name behind mcp_ where the
 * line does not say otherwise.
 */
struct mcp_ops {
	uint32_t size;
	uint16_t abi_major, abi_minor;

	/* what was asked */
	struct mcp_text (*arguments)(struct mcp_call *call); /* mcp_args(): a JSON object */
	struct mcp_text (*context)(struct mcp_call *call, enum mcp_context what);
	int64_t (*number)(struct mcp_call *call, enum mcp_number what);
	void *(*alloc)(struct mcp_call *call, size_t size);
	void (*defer)(struct mcp_call *call, void (*fn)(void *data), void *data);

	/* the answer */
	int (*block)(struct mcp_call *call, const struct mcp_block *block);
	int (*structured)(struct mcp_call *call, const char *json, size_t len);
	int (*table_begin)(struct mcp_call *call, const struct mcp_column *columns,
			   size_t n); /* mcp_table() */
	int (*table_row)(struct mcp_call *call, const struct mcp_text *cells, size_t n);
	int (*table_end)(struct mcp_call *call, const struct mcp_table_end *end);
	int (*meta)(struct mcp_call *call, const char *key, const char *json, size_t len);
	/* mcp_complete() gives a value, mcp_complete_total() the rest with `value` NULL */
	int (*completion)(struct mcp_call *call, const char *value, int64_t total, bool more);
	int (*fail)(struct mcp_call *call, const struct mcp_failure *failure); /* mcp_failure() */

	/* the next step */
	int (*suspend)(struct mcp_call *call, const struct mcp_http *requests, size_t n,
		       uint32_t after_ms, mcp_step_fn fn, const void *state, size_t len);
	const struct mcp_reply *(*reply)(struct mcp_call *call, size_t index);
	const struct mcp_reply *(*http_wait)(struct mcp_call *call, const struct mcp_http *request);

	/* operations */
	int (*handle)(struct mcp_call *call, const void *data, size_t len);
	int (*working)(struct mcp_call *call, int percent, const char *message, uint32_t next_ms);

	/* the client */
	int (*progress)(struct mcp_call *call, double done, double total, const char *message);
	bool (*client_can)(struct mcp_call *call, const char *capability);
	int (*require)(struct mcp_call *call, const char *capability);
	int (*ask)(struct mcp_call *call, const char *key, const char *method, const char *params,
		   size_t len, struct mcp_text *answer);

	/* the world */
	void (*log)(struct mcp_call *call, enum mcp_level level, const char *message, size_t len);
	void (*client_log)(struct mcp_call *call, enum mcp_level level, const char *logger,
			   const char *json, size_t len);
	void (*mask)(struct mcp_call *call, const char *value, size_t len);
	void (*changed)(struct mcp_call *call, const char *what);
	void (*updated)(struct mcp_call *call, const char *uri);
};

/* ---- rows -------------------------------------------------------------------------------- */

/*
 * A remote operation. `start` either finishes with a result, or writes what the caller is to read
 * if nothing more is learned (what was started, its id) and calls mcp_handle(). `poll` (with
 * MCP_CTX_HANDLE) either finishes, or calls mcp_working() after writing what the caller is to read
 * should it have to leave now. When all polls were missed the answer is what `start` wrote and why
 * the last poll failed. `cancel` stops the remote work; mcp_cancelled() is true in it, and all its
 * requests count as clean-up. `answer` (with questions asked by mcp_ask() in poll) is given the
 * client's answers. `cancel` and `answer` may be NULL.
 *
 * poll, cancel and answer may rely on the handle only. They may run in another process than start,
 * with another version of the plugin, a day later, and for a call of another tool, whose arguments
 * are not those of start (see `task` in the reference of manifests). So begin the handle with a
 * version: mcp_handle_write() does.
 */
struct mcp_operation {
	uint32_t size;
	mcp_handler_fn start, poll, cancel, answer;
};

/*
 * What runs a row of the manifest. Exactly one of `handler`, `operation` and `request`.
 * `request` is "GET /api/2.1/clusters/get{?cluster_id}" over the arguments: the host sends it
 * (templates as of mcp_expand()) and calls `answer` with the reply as mcp_reply(call, 0); without
 * `answer` a successful body is the structured result. Its strings live as long as the plugin.
 */
struct mcp_row {
	const char *name; /* as in the manifest; of completions: "REF ARGUMENT" */
	mcp_handler_fn handler;
	const struct mcp_operation *operation;
	const char *request;
	mcp_handler_fn answer;
};

/* The rows of one kind, in the order of the manifest. Frozen. */
struct mcp_rows {
	const struct mcp_row *row;
	uint32_t count, stride; /* stride: sizeof(struct mcp_row) */
};

/*
 * The host, as the plugin sees it outside of calls: given to start(), and valid until stop()
 * returns. Until then any thread may call its functions at any time. They do not block, and they
 * copy what they are given; `host` says which plugin calls. A list or URI that is NULL, unknown or
 * longer than 4 KiB is left out, with a line in the log.
 */
struct mcp_host {
	uint32_t size;
	uint16_t abi_major, abi_minor;
	const char *version; /* of the host */
	const char *options; /* a JSON object, checked, defaults filled in */
	/* A line for the operator; 8 KiB at most. mcp_host_log() formats one. */
	void (*log)(const struct mcp_host *host, enum mcp_level level, const char *message);
	/* The list "tools", "resources" or "prompts" has changed: the host notifies the clients. */
	void (*changed)(const struct mcp_host *host, const char *what);
	/* The resource `uri` has changed: the host notifies the clients that subscribed to it. */
	void (*updated)(const struct mcp_host *host, const char *uri);
};

/*
 * The exported symbol. `start` and `stop` may be NULL.
 *
 * start() runs once in a process, before any row. It may set `*self` (NULL before); handlers get it
 * from mcp_self(). It returns 0, or fills `why` (a line for the operator, `why_size` bytes with its
 * NUL) and returns non-zero: then the plugin is refused, stop() is not called, and no thread of the
 * plugin may still exist. While it runs, signals are blocked, so its threads block them too; do not
 * change that. It may block, for at most 30 s if the plugin runs in its own process.
 *
 * stop() runs once, after the last step has ended, and gets the `*self` of start(). No thread of
 * the plugin may run when it returns. It does not run when the process is killed, or when a step
 * never ends.
 */
struct mcp_plugin {
	uint32_t size;
	uint16_t abi_major, abi_minor;
	const char *name, *version;
	struct mcp_rows tools, resources, templates, prompts, completions;
	int (*start)(const struct mcp_host *host, void **self, char *why, size_t why_size);
	void (*stop)(void *self);
};

/* The rows of an array, for a descriptor. */
#define MCP_ROWS(array)                                                      \
	{                                                                    \
		.row = (array), .count = sizeof(array) / sizeof((array)[0]), \
		.stride = sizeof((array)[0])                                 \
	}

/* The first members of a descriptor: which contract it was compiled with. */
#define MCP_PLUGIN_HEAD \
	.size = sizeof(struct mcp_plugin), .abi_major = MCP_ABI_MAJOR, .abi_minor = MCP_ABI_MINOR

/* The one symbol that a plugin exports. */
extern __attribute__((visibility("default"))) const struct mcp_plugin mcp_plugin;

#ifdef __cplusplus
}
#endif

#endif
