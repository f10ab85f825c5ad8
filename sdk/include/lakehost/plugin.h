/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plugin contract of Lakehost, ABI 1.0.
 *
 * A plugin is one shared object that exports one data symbol, `mcp_plugin`, and carries one
 * ELF note with its manifest: all that a client sees (tools, resources, prompts) and all that
 * an operator decides on (permissions, options) stands there as JSON and is read without
 * running plugin code. The descriptor below only says which function answers which row.
 *
 * Bytes cross this border, library types do not. Every struct starts with its size, fields are
 * only ever appended, arrays carry their stride. The host calls the plugin; the plugin calls
 * the host through `call->ops`, never by symbol, so the same file runs inside the host or in a
 * worker process and cannot tell.
 *
 * A handler runs in steps. A step must not block (but for mcp_http_wait, in tools that are not
 * `inline`): it asks for what it needs with mcp_suspend() and returns; the host calls the next
 * step with the replies. Steps of one call never overlap; steps of different calls run at the
 * same time on several threads, so handlers must be re-entrant.
 *
 * Memory belongs to the step: all that mcp_alloc() and the accessors return is freed when the
 * step returns. What must survive is passed as `state` to mcp_suspend(), which copies it.
 *
 * A failure is sticky: after mcp_fail() or a failing helper every writer is a no-op and the
 * answer is that failure. Handlers therefore mostly propagate.
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

/* What a function of the host returns: MCP_OK, or a negative reason. */
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

/* Borrowed bytes; text is UTF-8. `data` is NUL-terminated too, except in piece and sink. */
struct mcp_text {
	const char *data;
	size_t len;
};

struct mcp_ops;

/* One call, as the plugin sees it. The host's own part follows behind and is not visible. */
struct mcp_call {
	const struct mcp_ops *ops;
	void *sdk; /* of the SDK's helpers; NULL at the start of each step */
};

/* Runs a row. The return value is for the plugin's own propagation: the host looks at what was
 * written, suspended or failed, and takes a negative value without a failure as INTERNAL. */
typedef int (*mcp_handler_fn)(struct mcp_call *call);

/* Continues a call after mcp_suspend(); `state` is the copy made then, aligned for any type. */
typedef int (*mcp_step_fn)(struct mcp_call *call, const void *state, size_t len);

/* ---- upstream requests ---------------------------------------------------------------- */

/* what may be repeated when a reply says 429/503 or never came */
enum mcp_retry {
	MCP_RETRY_NEVER,      /* only when not one byte was sent, or on 429 */
	MCP_RETRY_SAFE,	      /* reads: repeat on 429, 502, 503, 504 and lost connections */
	MCP_RETRY_IDEMPOTENT, /* PUT, DELETE and the like: the same */
	MCP_RETRY_TOKEN,      /* a POST that carries an idempotency token: the same */
};

enum mcp_piece_kind {
	MCP_PIECE_BYTES,	 /* `text` as it is */
	MCP_PIECE_SECRET_JSON,	 /* `text` is a reference (env:NAME, file:PATH) from the operator's
				    allow-list; the host sends its value as a JSON string body
				    (escaped, without quotes) and masks it from then on */
	MCP_PIECE_SECRET_BASE64, /* the same, base64 */
};

struct mcp_piece {
	enum mcp_piece_kind kind;
	struct mcp_text text;
};

struct mcp_header {
	const char *name, *value;
};

enum mcp_reply_kind {
	MCP_REPLY_BUFFER,  /* in memory, at most `max_bytes` (0: the host's cap, 16 MiB) */
	MCP_REPLY_SINK,	   /* to `sink`, with back-pressure; error replies are still buffered */
	MCP_REPLY_FILE,	   /* to the file `reply_file` in one of the operator's transfer_dirs */
	MCP_REPLY_DISCARD, /* count the bytes, keep none */
};

/* Receives a successful body piece by piece, between two steps of its call, on a thread of the
 * host: it must not block, allocate from the call or use `ops`. Return false to stop the transfer
 * (that is no error: the reply then has `stopped` set). */
typedef bool (*mcp_sink_fn)(void *sink_data, const char *data, size_t len);

enum {
	MCP_HTTP_CLEANUP = 1u << 0,	  /* may run after cancel or deadline, in the 10 s budget */
	MCP_HTTP_SINGLE_FLIGHT = 1u << 1, /* may share the reply of an equal request under way */
};

/*
 * One upstream request. The host adds the credential, checks method and path against the
 * permissions of the plugin, retries, caps, and follows no redirect. Build `path` and `query`
 * with mcp_path() and mcp_query() of <lakehost/call.h>: the host refuses dot segments, empty
 * segments, control characters and anything not percent-encoded.
 */
struct mcp_http {
	uint32_t size; /* sizeof(struct mcp_http) */
	uint32_t flags;
	const char *upstream; /* NULL: that of the plugin's manifest; another one is refused */
	const char *method;   /* "GET", … */
	const char *path;     /* "/api/2.1/…", percent-encoded; or NULL with `url` */
	const char *query;    /* "a=1&b=2", percent-encoded; NULL: none, or in path */
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
	uint32_t timeout_ms; /* of inactivity; 0: the upstream's own */
	uint32_t cache_ms;   /* > 0: a GET reply this young, of the same credential, will do */
};

/* What came back. `status` is 0 when no reply arrived; then `error` and `why` say the reason. */
struct mcp_reply {
	uint32_t size;
	int status;	       /* HTTP status */
	enum mcp_status error; /* MCP_OK once a whole reply arrived */
	const char *why;       /* one line, without secrets; "" when there is none */
	struct mcp_text body;
	const struct mcp_header *headers; /* no Set-Cookie, no authentication headers */
	size_t n_headers;
	const char *request_id; /* the upstream's, or "" */
	int64_t retry_after_ms; /* -1: not said */
	uint64_t bytes;		/* of the body, kept or not */
	bool stopped;		/* the sink ended it */
};

/* ---- failures and context --------------------------------------------------------------- */

/*
 * A tool error for the model (what, why, what next) and its machine form. `what`, `next` and `code`
 * are one line; `why` may have several, and the host cuts it in the middle when it is long. In the
 * poll of an operation a failure is final, whatever its status: the operation has failed. Set
 * `missed` when the poll itself did not get through (no reply, 429, 5xx), so that nothing is known
 * about the operation: the host then polls again while the call waits.
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
	int64_t retry_after_ms; /* -1: unknown */
	bool missed;		/* a poll that did not get through; else ignored */
};

enum mcp_context {
	MCP_CTX_PRINCIPAL,    /* who calls; "local" on stdio */
	MCP_CTX_ROW,	      /* canonical name of the tool, resource, template or prompt */
	MCP_CTX_UPSTREAM_URL, /* base URL of the workspace for a human to click, no trailing / */
	MCP_CTX_TRACEPARENT,  /* W3C, or "" */
	MCP_CTX_URI,	      /* the URI being read, or "" */
	MCP_CTX_FORMAT,	      /* result format: compact, markdown, csv, json */
	MCP_CTX_CALL_ID,      /* correlation id, unique per process */
	MCP_CTX_OPTIONS,      /* the plugin's options, a JSON object, defaults filled in */
	MCP_CTX_HANDLE,	      /* in poll, cancel and answer: the operation's handle */
};

enum mcp_number {
	MCP_NUM_DEADLINE_MS, /* milliseconds left before the call must answer; 0: none left */
	MCP_NUM_MAX_ROWS,    /* rows that a table result may show */
	MCP_NUM_MAX_TEXT,    /* bytes that the text of a result may have */
	MCP_NUM_CANCELLED,   /* 1 after cancel, deadline or shutdown: only clean-up remains */
	MCP_NUM_PROGRESS,    /* 1 when the client asked for progress */
	MCP_NUM_NOW_MS,	     /* wall clock, milliseconds since 1970 */
	MCP_NUM_WAIT_MS,     /* hybrid wait left before an operation's answer is due */
};

enum mcp_level { MCP_LOG_DEBUG, MCP_LOG_INFO, MCP_LOG_NOTICE, MCP_LOG_WARNING, MCP_LOG_ERROR };

/* Where a content block is for; MCP spec, server/tools, "Annotations". */
struct mcp_block {
	uint32_t size;
	const char *kind; /* text, image, audio, resource (embedded) or resource_link */
	const char *uri, *name, *title, *description, *mime; /* as the kind needs; else NULL */
	struct mcp_text text; /* of text and embedded text resources */
	struct mcp_text blob; /* raw bytes of image, audio and binary resources; host encodes */
	int64_t link_size;    /* of a resource_link; -1: unknown */
	const char *role;     /* prompts: "user" or "assistant"; NULL: not a message */
	bool untrusted;	      /* content somebody else wrote: the host marks it as data */
};

/* One column of a table result. `align` is for people: a terminal, markdown. */
struct mcp_column {
	const char *name, *type; /* type may be NULL */
};

/* The end of a table or list, from which the host writes the exact truncation line. */
struct mcp_table_end {
	uint32_t size;
	int64_t total;	  /* rows in all; -1: unknown */
	bool at_least;	  /* `total` is a lower bound ("10,000+"); -1: whether there are more
				   is not known */
	bool more;	  /* there are rows beyond those offered to the writer */
	const char *noun; /* "rows", "clusters" */
	/* How to get the rest: "list_clusters page_token=…"; or NULL. When the host has dropped
	 * rows for its caps and `next_from` is set, that makes the text from the rows shown. */
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
 * or cells are due and enum values that are none fail the call, too.
 * `mask`: the value is hidden from now on in answers and logs of this plugin (of a tool that
 * reveals, in everybody's), in other spellings too; the latest 256 values, 256 KiB in all.
 * Use the inline helpers of <lakehost/call.h>, which carry the documentation.
 */
struct mcp_ops {
	uint32_t size;
	uint16_t abi_major, abi_minor;

	/* what was asked */
	struct mcp_text (*arguments)(struct mcp_call *call);
	struct mcp_text (*context)(struct mcp_call *call, enum mcp_context what);
	int64_t (*number)(struct mcp_call *call, enum mcp_number what);
	void *(*alloc)(struct mcp_call *call, size_t size);
	/* Runs fn at the end of the step. */
	void (*defer)(struct mcp_call *call, void (*fn)(void *data), void *data);

	/* the answer */
	int (*block)(struct mcp_call *call, const struct mcp_block *block);
	int (*structured)(struct mcp_call *call, const char *json, size_t len);
	int (*table_begin)(struct mcp_call *call, const struct mcp_column *columns, size_t n);
	int (*table_row)(struct mcp_call *call, const struct mcp_text *cells, size_t n);
	int (*table_end)(struct mcp_call *call, const struct mcp_table_end *end);
	int (*meta)(struct mcp_call *call, const char *key, const char *json, size_t len);
	int (*completion)(struct mcp_call *call, const char *value, int64_t total, bool more);
	int (*fail)(struct mcp_call *call, const struct mcp_failure *failure);

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
 * if nothing more is learned (what was started, its id, the tool to poll with) and calls
 * mcp_handle(). `poll` (with MCP_CTX_HANDLE) either finishes, or calls mcp_working() after writing
 * what the caller is to read should it have to leave now. When all polls were missed the answer is
 * what `start` wrote and why the last poll failed. `cancel` stops the remote work. `answer` (with
 * questions asked by mcp_ask in poll) feeds the client's answers back. `cancel` and `answer` may be
 * NULL.
 */
struct mcp_operation {
	uint32_t size;
	mcp_handler_fn start, poll, cancel, answer;
};

/*
 * What runs a row of the manifest. Exactly one of `handler`, `operation` and `request`.
 * `request` is "GET /api/2.1/clusters/get{?cluster_id}" over the arguments: the host sends it
 * (RFC 6570 level 3 subset, see mcp_path) and calls `answer` with the reply as mcp_reply(0);
 * without `answer` a successful body is the structured result.
 */
struct mcp_row {
	const char *name; /* as in the manifest; of completions: "REF ARGUMENT" */
	mcp_handler_fn handler;
	const struct mcp_operation *operation;
	const char *request;
	mcp_handler_fn answer;
};

struct mcp_rows {
	const struct mcp_row *row;
	uint32_t count, stride; /* stride: sizeof(struct mcp_row) */
};

/* How the host hands itself and the options to start(); both live until stop() returns. */
struct mcp_host {
	uint32_t size;
	uint16_t abi_major, abi_minor;
	const char *version; /* of the host */
	const char *options; /* a JSON object, checked, defaults filled in */
	void (*log)(enum mcp_level level, const char *message);
};

/*
 * The exported symbol. `start` and `stop` may be NULL; start returns 0, or fills `why` (a line
 * for the operator) and returns non-zero: then the plugin is refused.
 */
struct mcp_plugin {
	uint32_t size;
	uint16_t abi_major, abi_minor;
	const char *name, *version;
	struct mcp_rows tools, resources, templates, prompts, completions;
	int (*start)(const struct mcp_host *host, char *why, size_t why_size);
	void (*stop)(void);
};

#define MCP_ROWS(array)                                                      \
	{                                                                    \
		.row = (array), .count = sizeof(array) / sizeof((array)[0]), \
		.stride = sizeof((array)[0])                                 \
	}

#define MCP_PLUGIN_HEAD \
	.size = sizeof(struct mcp_plugin), .abi_major = MCP_ABI_MAJOR, .abi_minor = MCP_ABI_MINOR

extern __attribute__((visibility("default"))) const struct mcp_plugin mcp_plugin;

#ifdef __cplusplus
}
#endif

#endif
