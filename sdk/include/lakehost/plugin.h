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
 * calls the host through `call->ops` and `struct mcp_host`, never by symbol, so the same file
 * runs inside the host or in a worker process without a difference.
 *
 * Rules for changes within ABI 1:
 * - A struct that begins with `size` can grow at its end. The writer sets `size` to its sizeof; the
 *   reader uses the members that both sides know. A member that the writer does not know is zero,
 *   and zero is always the safe value. A size below that of ABI 1.0 is a defect of the plugin.
 * - `struct mcp_row` can also grow at its end: its arrays contain their stride (MCP_ROWS).
 * - mcp_text, mcp_call, mcp_header, mcp_piece, mcp_column and mcp_rows are frozen: they are members
 *   of arrays or of other structs, so they never change. New data needs a new struct.
 * - An enum can grow at its end. The comment at the enum says what a reader does with a value that
 *   it does not know.
 * - A plugin is loaded only by a host of the same major version and of its minor version or a later
 *   one. Everything here exists since ABI 1.0, unless its comment names a later version.
 *
 * A handler runs in steps. A step must not block (except in mcp_http_wait(), in tools that are
 * not `inline`): it passes its requests to mcp_suspend() and returns; the host calls the next
 * step with the replies. Steps of one call never run at the same time. Steps of different calls
 * do, on several threads, so handlers must be re-entrant. The functions of a call are only for
 * the thread that runs its step; a plugin's own threads may use the functions of `struct
 * mcp_host`.
 *
 * Memory belongs to the step: all memory from mcp_alloc() and the accessors is freed when the
 * step returns. Data for the next step is passed as `state` to mcp_suspend(), which copies it.
 *
 * A failure is final: after mcp_fail() or a helper that fails, all functions that write do
 * nothing, and the answer is that failure. Therefore handlers usually just return the status. */
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

#define MCP_STATE_MAX 4096  /* most bytes of state in one suspension */
#define MCP_HANDLE_MAX 512  /* most bytes of an operation's handle */
#define MCP_REQUESTS_MAX 32 /* most upstream requests in one suspension */

/* What a function of the host returns: MCP_OK, or a negative reason. As the status of a failure, an
 * unknown value counts as MCP_E_INTERNAL. */
enum mcp_status {
	MCP_OK = 0,
	MCP_E_INPUT = -1,	    /* the arguments are wrong; the model can correct them */
	MCP_E_NOT_FOUND = -2,	    /* the named object does not exist */
	MCP_E_PERMISSION = -3,	    /* the upstream or the operator forbids it */
	MCP_E_UNAUTHENTICATED = -4, /* the host's credential was refused or is missing */
	/* the object exists already, or is in a state that forbids the action */
	MCP_E_CONFLICT = -5,
	MCP_E_THROTTLED = -6, /* the upstream asks to slow down */
	/* not reachable, or not ready now; the call may succeed later */
	MCP_E_UNAVAILABLE = -7,
	MCP_E_TIMEOUT = -8,	 /* no answer within the deadline */
	MCP_E_CANCELLED = -9,	 /* the client cancelled the call, or the host shuts down */
	MCP_E_TOO_LARGE = -10,	 /* a cap was reached; the reason names it */
	MCP_E_UPSTREAM = -11,	 /* the upstream sent a reply that does not fit its API */
	MCP_E_UNSUPPORTED = -12, /* the client or host lacks a capability */
	MCP_E_INTERNAL = -13,	 /* a defect of the plugin or the host */
};

/* Borrowed bytes; text is UTF-8. Texts from the host end with a NUL after `len` bytes; texts from a
 * plugin need no NUL. `data` may be NULL when `len` is 0. Its layout never changes. */
struct mcp_text {
	const char *data;
	size_t len;
};

struct mcp_ops;

/* One call, as the plugin sees it. The host makes it; the private part of the host follows
 * after this struct. Its layout never changes. */
struct mcp_call {
	const struct mcp_ops *ops;
	void *sdk;  /* for the SDK's helpers; NULL at the start of each step */
	void *self; /* the value that the plugin's start() set, or NULL: see mcp_self() */
};

/* Runs a row. The return value helps the plugin to pass errors on. The host only uses what the step
 * has written, and whether it suspended or failed. A negative value without a failure counts as
 * INTERNAL. */
typedef int (*mcp_handler_fn)(struct mcp_call *call);

/* Continues a call after mcp_suspend(); `state` is the copy that was made there, aligned for any
 * type, and valid until the step returns. The return value is that of a handler. */
typedef int (*mcp_step_fn)(struct mcp_call *call, const void *state, size_t len);

/* ---- requests: requests to a service, and their replies ------------------------------------- */

/* When the host may repeat a request: after a reply that the upstream is busy, or after no
 * reply. Which methods are safe and idempotent: RFC 9110, 9.2. An unknown value counts as
 * MCP_RETRY_NEVER. */
enum mcp_retry {
	MCP_RETRY_NEVER,      /* repeat only when no byte was sent, or on 429 */
	MCP_RETRY_SAFE,	      /* for reads: repeat on 429, 502, 503, 504 and lost connections */
	MCP_RETRY_IDEMPOTENT, /* for PUT, DELETE and other idempotent methods: the same */
	MCP_RETRY_TOKEN,      /* for a POST with an idempotency token: the same */
};

/* The kind of a piece of a body. A request with an unknown value is refused, and the call fails,
 * because a secret must not be sent as text by mistake. */
enum mcp_piece_kind {
	MCP_PIECE_BYTES,	 /* `text` is sent as it is */
	MCP_PIECE_SECRET_JSON,	 /* `text` is a reference (env:NAME, file:PATH) from the operator's
				    allow-list; the host sends its value as a JSON string body
				    (escaped, without quotes) and masks it from then on */
	MCP_PIECE_SECRET_BASE64, /* the same, base64 */
};

/* One part of a request's body. The body consists of all parts in order. Its layout never
 * changes. */
struct mcp_piece {
	enum mcp_piece_kind kind;
	struct mcp_text text;
};

/* A header of a request or reply; neither may be NULL. Its layout never changes. */
struct mcp_header {
	const char *name, *value;
};

/* What happens with the body of a successful reply. An unknown value counts as MCP_REPLY_BUFFER. */
enum mcp_reply_kind {
	/* the body is kept in memory, at most `max_bytes` (0: the host's cap, 16 MiB) */
	MCP_REPLY_BUFFER,
	/* the body goes to `sink`, as fast as it accepts it; error replies are still kept in
	 * memory */
	MCP_REPLY_SINK,
	/* the body goes to the file `reply_file` in one of the operator's transfer_dirs */
	MCP_REPLY_FILE,
	MCP_REPLY_DISCARD, /* the bytes are only counted */
};

/*
 * A file of the host can be made from the bodies of several requests. Each body is one part, saved
 * by a request with MCP_REPLY_FILE, `reply_file` (the name of the file), `part_of` (a text that
 * identifies the content) and `part` (its number, from 0 on). Parts may arrive in any order, and
 * an incomplete one is continued by the next request for it, even of a later call or after a
 * restart of the host. The file is joined from its parts by a request that is not sent, but has
 * one of these values as `file_op`, and neither path nor url. The body of its reply is
 * {"parts": N, "bytes": N, "begun": BOOLEAN}: how many parts the file has now, and whether it was
 * there before. MCP_E_CONFLICT means that another call
 * works on the same file (status 423), or that a file with this name exists (status 409). An
 * unknown value is refused.
 */
enum mcp_file_op {
	MCP_FILE_NONE, /* the request is sent */
	MCP_FILE_LOOK, /* changes nothing */
	MCP_FILE_JOIN, /* appends the complete parts before number `part`, and makes the file if
			  there is none */
	MCP_FILE_KEEP, /* the file is complete: it gets its name */
	MCP_FILE_DROP, /* removes a file that has no name yet, and all its parts */
};

/* Receives a successful body piece by piece, between two steps of its call, on a thread of the
 * host: it must not block, allocate from the call or use `ops`. `data` is borrowed until the
 * function returns, and has no NUL at its end. Return false to stop the transfer (that is no error:
 * the reply then has `stopped` set). */
typedef bool (*mcp_sink_fn)(void *sink_data, const char *data, size_t len);

/* Flags of a request; unknown bits are ignored. */
enum {
	/* the request may be sent after cancel or deadline, within 10 s */
	MCP_HTTP_CLEANUP = 1u << 0,
	/* The request may share the reply of an equal GET that is running. The functions that make
	 * GET requests set it. Clear it when the reply must not be older than this request. */
	MCP_HTTP_SINGLE_FLIGHT = 1u << 1
};

/* One upstream request. The host adds the credential, compares method and path with the permissions
 * of the plugin, repeats the request if allowed, limits the reply, and follows no redirect. Build
 * `path` with mcp_expand() of <lakehost/call.h>: the host refuses dot segments, empty segments,
 * control characters, and characters that must be percent-encoded. The host copies all of it before
 * mcp_suspend() returns; only `sink` and `sink_data` must live until the next step. Arrays of
 * requests have the stride `size` of their first one. */
struct mcp_http {
	uint32_t size; /* sizeof(struct mcp_http) */
	uint32_t flags;
	/* NULL: the upstream of the plugin's manifest; another one is refused */
	const char *upstream;
	const char *method; /* "GET", … */
	const char *path;   /* "/api/2.1/…", percent-encoded; or NULL with `url` */
	const char *query;  /* "a=1&b=2", percent-encoded; NULL: no query, or it is in `path`
			       * after a ? */
	const char *url;    /* a pre-signed link: sent without any credential; needs the
				    permission "METHOD link" */
	const struct mcp_header *headers;
	size_t n_headers; /* allowed are Accept, Content-Type, Range, If-*; with `url` any header */
	const struct mcp_piece *body;
	size_t n_body;	       /* 0 and no body_file: the request has no body */
	const char *body_file; /* a file in transfer_dirs that is sent instead of pieces */
	enum mcp_retry retry;
	enum mcp_reply_kind reply;
	uint64_t max_bytes;
	mcp_sink_fn sink;
	void *sink_data; /* data of the plugin; must be valid until the next step */
	const char *reply_file;
	uint32_t timeout_ms; /* longest time without a byte; 0: the time-out of the upstream */
	/* > 0: a reply to the same GET with the same credential that is not older than this is
	 * accepted */
	uint32_t cache_ms;
	enum mcp_file_op file_op;
	uint32_t part;
	const char *part_of; /* NULL: the reply is the whole file */
	/* NULL: the parts are joined. Otherwise each part is a file of its own, whose name is
	 * `reply_file`, a dot, the number with four digits, and this text. */
	const char *part_suffix;
	/* For the first MCP_FILE_JOIN of a file; the host keeps it with the parts. NULL: parts are
	 * joined as they are. Otherwise each part is JSON with rows, [[cell, …], …], which are
	 * converted: {"as": "csv" or "jsonl", "in": the member of the part that has the rows, or
	 * absent, "columns": [[name, type], …]}. With the type "number" or "boolean" a text that is
	 * one is written as one. */
	const char *rows;
	/* With `body_file`: the bytes to send, if `body_len` is not 0. With `part_of` too, the file
	 * to send is the joined one that has no name yet. */
	uint64_t body_from, body_len;
};

/* The reply, filled by the host and borrowed until the step returns. `status` is 0 when no reply
 * arrived; then `error` and `why` have the reason. */
struct mcp_reply {
	uint32_t size;
	int status;	       /* HTTP status */
	enum mcp_status error; /* MCP_OK when a complete reply arrived */
	const char *why;       /* the reason on one line, without secrets; "" when there is none */
	struct mcp_text body;
	const struct mcp_header *headers; /* without Set-Cookie and authentication headers */
	size_t n_headers;
	const char *request_id; /* the upstream's, or "" */
	int64_t retry_after_ms; /* RFC 9110, 10.2.3; -1: not said */
	uint64_t bytes;		/* number of bytes of the body, even if they were not kept */
	bool stopped;		/* the sink ended the transfer */
};

/* ---- results: failures, context and contents of results ------------------------------------- */

/*
 * A tool error for the model (what, why, what next) and its machine form; MCP, server/tools,
 * "Error Handling". All texts are copied. `what`, `next` and `code` are one line; `why` may have
 * several, and the host cuts it in the middle when it is long.
 *
 * In the poll of an operation there are two kinds of failure. Without `missed` the operation has
 * failed, with any status: the failure is the answer of the call. With `missed` only this poll
 * failed (no reply, 429, 5xx), and the state of the operation is not known: the host polls again
 * while the call waits. When the wait ends, it answers with the text of the last poll, and why
 * this poll failed. */
struct mcp_failure {
	uint32_t size;
	enum mcp_status status;
	const char *what; /* what failed: "Cluster 0712-… cannot run code" */
	const char *why;  /* "It is TERMINATED" */
	/* the next step: "Call start_cluster cluster_id=0712-… (3 to 5 minutes)" */
	const char *next;
	const char *code;	/* the upstream's error code, or NULL */
	int http_status;	/* 0: none */
	const char *request_id; /* or NULL */
	int64_t retry_after_ms; /* when to try again; 0 or less: unknown */
	bool missed;		/* only for a poll: see above; ignored in other steps */
};

/* The texts that mcp_context() returns; "" for an unknown value. */
enum mcp_context {
	MCP_CTX_PRINCIPAL,    /* name of the caller; "local" on stdio */
	MCP_CTX_ROW,	      /* canonical name of the tool, resource, template or prompt */
	MCP_CTX_UPSTREAM_URL, /* base URL of the workspace for links, without a / at its end */
	MCP_CTX_TRACEPARENT,  /* W3C Trace Context, version 00; or "" */
	MCP_CTX_URI,	      /* the URI that is being read, or "" */
	MCP_CTX_FORMAT,	      /* the format of the result: compact, markdown, csv, json */
	MCP_CTX_CALL_ID,      /* correlation id, unique per process */
	MCP_CTX_OPTIONS,      /* the plugin's options, a JSON object, defaults filled in */
	MCP_CTX_HANDLE,	      /* in poll, cancel and answer: the operation's handle, else "" */
	MCP_CTX_NUMBER, /* the same in every repetition of the request that the host recognises
			       * (a client that answers the same question twice), else "": see
			       * mcp_idempotency_token() */
};

/* The numbers that mcp_number() returns; 0 for an unknown value. */
enum mcp_number {
	/* milliseconds that are left before the call must answer; 0: no time is left */
	MCP_NUM_DEADLINE_MS,
	MCP_NUM_MAX_ROWS,  /* rows that a table result may show */
	MCP_NUM_MAX_TEXT,  /* bytes that the text of a result may have */
	MCP_NUM_CANCELLED, /* 1 after cancel, deadline or shutdown: only clean-up is allowed */
	MCP_NUM_PROGRESS,  /* 1 when the client asked for progress */
	MCP_NUM_NOW_MS,	   /* wall clock, milliseconds since 1970 */
	MCP_NUM_WAIT_MS,   /* milliseconds that are left of an operation's hybrid wait */
};

/* The level of a log line (RFC 5424; MCP, server/utilities/logging). An unknown value counts as
 * MCP_LOG_ERROR, so that nothing is lost. */
enum mcp_level { MCP_LOG_DEBUG, MCP_LOG_INFO, MCP_LOG_NOTICE, MCP_LOG_WARNING, MCP_LOG_ERROR };

/* A content block; MCP, server/tools, "Tool Result". Everything is copied. */
struct mcp_block {
	uint32_t size;
	const char *kind; /* text, image, audio, resource (embedded) or resource_link */
	/* required for some kinds; else NULL */
	const char *uri, *name, *title, *description, *mime;
	struct mcp_text text; /* for text and embedded text resources */
	/* raw bytes of images, audio and binary resources; the host encodes them */
	struct mcp_text blob;
	int64_t link_size; /* the size of a resource_link in bytes; 0 or less: unknown */
	const char *role;  /* prompts: "user" or "assistant"; NULL: not a message */
	bool trusted;	   /* true: the plugin wrote the text. False: it is untrusted, so the
			       * host marks it as data and encloses text */
};

/* One column of a table result. Its layout never changes. */
struct mcp_column {
	const char *name, *type; /* type may be NULL */
};

/* The end of a table or list. The host uses it to write the exact line about the rows that are not
 * shown. Texts are copied. */
struct mcp_table_end {
	uint32_t size;
	int64_t total; /* number of all rows; less than 0, or 0 when there are rows: unknown */
	/* 1: `total` is a lower bound ("10,000+"); -1: it is not known whether there are more */
	bool at_least;
	bool more;	  /* there are more rows than the plugin offered */
	const char *noun; /* "rows", "clusters" */
	/* The call that gets the rest: "list_clusters page_token=…"; or NULL. When the host has
	 * dropped rows because of its caps and `next_from` is set, `next_from` makes this text from
	 * the number of rows that were shown. It runs inside mcp_table_end(), and its result
	 * belongs to the step. */
	const char *next;
	const char *(*next_from)(struct mcp_call *call, const void *data, size_t shown);
	const void *next_data;
	/* The call that shows cut cells completely. NULL when there is none. */
	const char *whole;
};

/* The functions of the host for a call. Every function may be called only on the thread that runs
 * the step. On another thread, between two steps or after the call it does nothing and returns a
 * failure; the log names it, and the current step fails as a mistake of the plugin. After the call
 * has failed, all functions except `log` and `mask` only return that failure. NULL also fails the
 * call where bytes, columns or cells are required. Arguments are copied before the function
 * returns; results belong to the step. Use the helpers of <lakehost/call.h> instead of this table.
 * A helper documents its function here, and has the same name after mcp_, unless a line says
 * otherwise. */
struct mcp_ops {
	uint32_t size;
	uint16_t abi_major, abi_minor;

	/* what was asked */
	struct mcp_text (*arguments)(struct mcp_call *call); /* helper: mcp_args(); a JSON object */
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
	/* helpers: mcp_complete() gives a value; mcp_complete_total() gives the other arguments,
	 * with `value` NULL */
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

/* ---- rows: rows, operations and the descriptor ---------------------------------------------- */

/*
 * A remote operation. `start` either finishes with a result, or writes a text about what was
 * started (with its id) and calls mcp_handle(). `poll` (with MCP_CTX_HANDLE) either finishes, or
 * writes a text for a caller whose wait ends now, and calls mcp_working(). When all polls were
 * missed, the answer is the text of `start` and the reason why the last poll failed. `cancel`
 * stops the remote work; mcp_cancelled() is true in it, and all its requests count as clean-up.
 * `answer` (with questions asked by mcp_ask() in poll) is given the client's answers. `cancel`
 * and `answer` may be NULL.
 *
 * poll, cancel and answer may rely on the handle only. They may run in another process than
 * start, with another version of the plugin, a day later, and for a call of another tool, whose
 * arguments are not those of start (see `task` in the reference of manifests). So begin the
 * handle with a version: mcp_handle_write() does. */
struct mcp_operation {
	uint32_t size;
	mcp_handler_fn start, poll, cancel, answer;
};

/* The code of a row of the manifest. Exactly one of `handler`, `operation` and `request` is set.
 * `request` is "GET /api/2.1/clusters/get{?cluster_id}" over the arguments: the host sends it
 * (templates as of mcp_expand()) and calls `answer` with the reply as mcp_reply(call, 0); without
 * `answer` a successful body is the structured result. Its strings live as long as the plugin. */
struct mcp_row {
	const char *name; /* the name in the manifest; for completions "REF ARGUMENT" */
	mcp_handler_fn handler;
	const struct mcp_operation *operation;
	const char *request;
	mcp_handler_fn answer;
};

/* The rows of one kind, in the order of the manifest. Its layout never
 * changes. */
struct mcp_rows {
	const struct mcp_row *row;
	uint32_t count, stride; /* the stride: sizeof(struct mcp_row) */
};

/* The functions of the host outside of calls. start() gets this struct, which is valid until stop()
 * returns. Until then any thread may call its functions at any time. They do not block, and they
 * copy their arguments; `host` identifies the plugin. A list or URI that is NULL, unknown or longer
 * than 4 KiB is left out, with a line in the log. */
struct mcp_host {
	uint32_t size;
	uint16_t abi_major, abi_minor;
	const char *version; /* of the host */
	const char *options; /* the options, a JSON object: checked, with defaults filled in */
	/* A line for the operator; 8 KiB at most. mcp_host_log() formats one. */
	void (*log)(const struct mcp_host *host, enum mcp_level level, const char *message);
	/* Reports that the list "tools", "resources" or "prompts" has changed: the host notifies
	 * the clients. */
	void (*changed)(const struct mcp_host *host, const char *what);
	/* Reports that the resource `uri` has changed: the host notifies the clients that
	 * subscribed to it. */
	void (*updated)(const struct mcp_host *host, const char *uri);
};

/*
 * The exported symbol. `start` and `stop` may be NULL.
 *
 * start() runs once for each copy of the plugin in memory, before any row. A reload whose file or
 * options differ maps a second copy, whose static variables are its own; both may run for a while.
 * It may set `*self` (NULL before); handlers get it from mcp_self(). It returns 0, or fills `why`
 * (a line for the operator, `why_size` bytes with its NUL) and returns non-zero: then the plugin is
 * refused, stop() is not called, and no thread of the plugin may still exist. While it runs,
 * signals are blocked, so its threads block them too; do not change that. It may block, for at most
 * 30 s if the plugin runs in its own process.
 *
 * stop() runs once for each copy, on any thread, after the last step has ended, and gets the
 * `*self` of start(). No thread of the plugin may run when it returns, and no code of it may be
 * called any more (keys of pthread_key_create() are deleted): the copy may be unmapped. It does
 * not run when the process is killed, or when a step never ends.
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

/* The first members of a descriptor: the version of the contract with which it was compiled. */
#define MCP_PLUGIN_HEAD \
	.size = sizeof(struct mcp_plugin), .abi_major = MCP_ABI_MAJOR, .abi_minor = MCP_ABI_MINOR

/* The one symbol that a plugin exports. */
extern __attribute__((visibility("default"))) const struct mcp_plugin mcp_plugin;

#ifdef __cplusplus
}
#endif

#endif
