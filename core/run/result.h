/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of a row: content blocks, structured content, or a failure. One writer makes all
 * results, so that formats, caps and the exact end line are implemented once. A result is only text
 * and bytes; the era layer adds the protocol. It belongs to one call (and, in a worker, to its
 * run). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RUN_RESULT_H
#define CORE_RUN_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lakehost/plugin.h>

#include "base/buf.h"

struct json;
struct json_object;

enum result_format { FORMAT_COMPACT, FORMAT_MARKDOWN, FORMAT_CSV, FORMAT_JSON, RESULT_FORMATS };

/* Caps that are not in the configuration. */
#define RESULT_BLOCKS_MAX 256u		   /* most content blocks of one result */
#define RESULT_STRUCTURED_MAX (256u << 10) /* most bytes of structured content */
/* most bytes of images, audio and binary contents together */
/* most bytes of names, titles, descriptions, URIs and types of all blocks together */
#define RESULT_NAMES_MAX (256u << 10)
#define RESULT_BLOB_MAX (8u << 20)
#define RESULT_META_MAX (16u << 10) /* most bytes of members for _meta */
/* most values of a completion (MCP, utilities/completion) */
#define RESULT_COMPLETIONS_MAX 100u
#define RESULT_COMPLETION_MAX 1024u /* most bytes of one value */
#define RESULT_LINE_MAX 2000u	    /* most bytes of one line of a failure */
/* most bytes of the reason of a failure, which may have several lines */
#define RESULT_WHY_MAX 6000u
#define RESULT_WHY_WORKER (64u << 10) /* the same in a worker, see limits.why */
/* The member of _meta by which a plugin says how many rows it wrote to a file: they count as rows
 * of the result. */
#define RESULT_ROWS_WRITTEN "lakehost/rows_written"
#define RESULT_WHOLE_ROWS 10u /* most rows of a table whose cells are not cut */

struct result_limits {
	/* the name of the plugin, for messages about its mistakes; borrowed; or NULL */
	const char *plugin;
	/* characters of a cell: config.results, or the caller's `cell_chars` */
	size_t rows, text, cell;
	/* bytes of the reason of a failure; 0: RESULT_WHY_MAX. A worker keeps more, because only
	 * the host can mask everything before a text is cut. */
	size_t why;
	size_t whole_rows; /* up to this number of rows cells are not cut, if they fit */
	enum result_format format;
	bool reveals; /* the caller asked for a secret: masks do not apply to text blocks */
};

enum block_kind { BLOCK_TEXT, BLOCK_IMAGE, BLOCK_AUDIO, BLOCK_RESOURCE, BLOCK_LINK };

/* One block: `json` is the content block of the newest revision. The other members are for older
 * revisions and other kinds of rows (contents of a read, messages of a prompt). */
struct result_block {
	enum block_kind kind;
	char *json;
	size_t json_len;
	char *text; /* for BLOCK_TEXT and text resources the plain text, else NULL */
	size_t text_len;
	char *base64; /* for binary contents their base64, or NULL */
	char *uri, *mime, *role;
	bool untrusted; /* the text comes from others; it is enclosed and marked */
	bool rows;	/* CSV or JSON rows, which are in a block of their own for programs */
};

struct result {
	struct result_limits limits;
	struct result_block *block;
	size_t blocks;
	size_t text_len; /* bytes of all text in the result, for limits.text */
	/* bytes of all text that the plugin gave, including text that was cut */
	size_t text_offered;
	bool text_full;		/* some text was cut, so no more text is added */
	size_t blocks_left_out; /* number of blocks beyond RESULT_BLOCKS_MAX */
	size_t names_len;	/* bytes that RESULT_NAMES_MAX limits */
	size_t blob_len;	/* bytes of all binary contents in the result */
	size_t rows;		/* of all tables so far, as they are shown; and written to files */
	bool finished;
	struct buf structured; /* structured content as JSON text, or empty */
	struct buf meta;       /* the members of _meta: `"a":1,"b":2`, or empty */
	struct buf completion; /* the items of an array: `"x","y"`, at most 100 */
	size_t completions;
	int64_t completion_total; /* -1: unknown */
	bool completion_more;
	bool failed; /* then: */
	bool own;    /* several lines of `why` are a text of the host, and not of others */
	enum mcp_status status;
	char *what, *why, *next, *code, *request_id;
	int http_status;
	int64_t retry_after_ms;
	bool missed; /* a poll that failed */
	/* with status UNSUPPORTED from mcp_require: the missing capability (owned) */
	const char *require;
	struct result_table *table; /* the table that is being written, or NULL */
};

void result_init(struct result *result, const struct result_limits *limits);
void result_fini(struct result *result);
/* Drops the content (an operation's interim answer) and keeps the limits. */
void result_clear(struct result *result);

/* The functions that write a result. They have the meaning and return values of struct mcp_ops.
 * Those of tables are in table.h. */
int result_block(struct result *result, const struct mcp_block *block);
int result_structured(struct result *result, const char *json, size_t len);
int result_meta(struct result *result, const char *key, const char *json, size_t len);
int result_completion(struct result *result, const char *value, int64_t total, bool more);
int result_fail(struct result *result, const struct mcp_failure *failure);

/* Called after the last of these functions: ends an open table, adds structured content as text
 * when there is no text, reports how much was left out, and merges texts. run_step() calls it
 * once. */
void result_finish(struct result *result);
/* Merges consecutive texts of the same kind into one block: equally trusted, and neither a message
 * of a prompt nor rows for a program. */
void result_merge(struct result *result);
/* Adds a text of the host after a finished result, outside of its caps, so that it is not lost. */
void result_note(struct result *result, const char *text);
/* Has nothing been written, and has the result not failed? */
bool result_empty(const struct result *result);
/* Makes the result a failure of the host: `what` failed, and the next step for the caller. */
void result_fail_text(struct result *result, enum mcp_status status, const char *what,
		      const char *why, const char *next);
/* A copy, masked, on one line of at most RESULT_LINE_MAX bytes; NULL and "" give NULL. */
char *result_line(const char *text);
/* Moves the contents of a result; `from` is empty afterwards. */
void result_move(struct result *to, struct result *from);
/* The names of the statuses for programs: "not_found", "timeout", … */
const char *status_name(enum mcp_status status);
bool status_parse(const char *name, enum mcp_status *status);
/* Waiting may help. */
bool status_retryable(enum mcp_status status);
bool result_format_parse(const char *name, enum result_format *format);
const char *result_format_name(enum result_format format);

/* Writes the failure as text: what failed, why, and the next step. A reason of several lines is
 * enclosed as foreign text. The form for programs is in `_meta["lakehost/error"]`. */
void result_failure_text(const struct result *result, struct buf *out);
void result_failure_json(const struct result *result, struct json *out);

/* Converts a result to bytes for a worker process and back (JSON through the gate). */
void result_write(const struct result *result, struct buf *out);
bool result_read(struct result *result, struct json_object *tree, const char **why);

#endif
