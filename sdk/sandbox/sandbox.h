/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The framework of lakehost-sandbox, a local program that implements the Databricks REST API. A
 * domain (clusters, statements, jobs, ...) is one `struct domain`: a route table, the SQL of its
 * tables and a seeding function. domains.c lists them; http.c routes and answers.
 *
 * Threads: one for each connection, and one for each background task (bg_start). A handler runs
 * with its workspace locked, so that it may read and write without races. A route with
 * ROUTE_UNLOCKED takes ws_lock itself for as short a time as possible, and may block. The lock
 * is recursive.
 *
 * Failures: a handler answers exactly once through a reply_* function and returns. The helpers
 * that may refuse a request (request_int, body_need, page_slice, ...) have already answered it
 * when they return false or NULL, so the caller just returns. A failure of the state database
 * stays set: it turns any answer into 500 INTERNAL_ERROR. */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <json-c/json.h>
#include <sqlite3.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/mem.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

#define SANDBOX_VERSION "1.0.0"

enum {
	MAX_JSON_BODY = 32 * 1024 * 1024, /* a statement may have 16 MiB, an import 14 MiB */
	MAX_JSON_DEPTH = 128,
	MAX_PATH_VARS = 8,
	MAX_NAME = 255,	     /* most bytes of the name of a catalog, schema or table */
	MAX_BACKGROUND = 64, /* most tasks that run at a time; others are queued */
};
#define MAX_UPLOAD (INT64_C(5) << 30) /* Files API: the largest body of a PUT is 5 GiB */

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* ---- memory, text, log (base.c) -------------------------------------------------------- */

/* Memory, buffers, UTF-8 and base64 are those of the host: see sdk/src/base. */

/* The largest text that is made of one request: its body, with each byte escaped as six bytes. */
#define MAX_MADE (8u * MAX_JSON_BODY)
/* Returns the text, for free(). Use this for a buffer that cannot be full, because it is made of a
 * request and has at most MAX_MADE bytes. Ends the program when it is full. */
char *buf_text(struct buf *b);

/* base64 with padding and without line breaks; the caller frees it */
char *encode_base64(const void *data, size_t len);
/* Decodes base64 (standard or URL alphabet, padding optional). NULL when the text is not base64.
 * The caller frees it. */
void *decode_base64(const char *text, size_t len, size_t *out_len);
void sha256_hex(const void *data, size_t len, char out[65]);
void hmac_hex(const char *text, char out[65]); /* HMAC with the secret that is stored in DIR */
/* compares in a time that depends only on the length */
bool secret_equal(const char *a, const char *b);
/* The one of `names` that equals `text`; the list ends with NULL. NULL when there is none. */
const char *text_among(const char *text, const char *const *names);
char *text_fold(const char *s); /* a copy with ASCII letters in lower case */
/* compares as SQL LIKE does: % and _, ignoring case */
bool text_like(const char *pattern, const char *s);

bool write_all(int fd, const char *data, size_t len);

/* Writes one line on stderr. It must not contain a token or a secret. */
void log_line(const char *level, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ---- time and identifiers (base.c) ----------------------------------------------------- */

int64_t clock_ms(void); /* epoch, milliseconds */
/* The time of a transition that takes `ms` by default, scaled by --delay-ms (3000 by default, which
 * is the start of a cluster). States are calculated from timestamps, so store the start time. */
int64_t scaled_ms(int64_t ms);
void clock_iso(int64_t ms, char out[32]); /* 2026-01-02T03:04:05.678Z */

int64_t id_number(void);	       /* 12-15 digits, random, always < 2^53 */
void id_hex(char *out, size_t digits); /* writes `digits` hexadecimal characters and a NUL */
void id_uuid(char out[37]);
void id_cluster(char out[32]); /* MMDD-HHMMSS-8 letters */

/* ---- options and settings -------------------------------------------------------------- */

struct options {
	char host[64]; /* the loopback address as it was given */
	int port;      /* the actual port, after the server has begun to listen */
	const char *data_dir;
	int64_t delay_ms;
	bool allow_exec;
	char pat[40];			       /* the generated token; it opens workspace
					        * "default" */
	char client_id[40], client_secret[48]; /* OAuth client of the workspace "default" */
	char account_id[37];
	char key[65]; /* the key of hmac_hex, in hexadecimal */
};
/* this struct does not change after the server has begun to listen */
extern struct options options;

/* Settings for tests, read and changed through /_sandbox/settings (settings.c). */
struct settings {
	int64_t delay_ms;
	int64_t rows_per_chunk; /* statement results */
	/* after this time requests for status and result are answered with 404 */
	int64_t statement_ttl_s;
	int64_t link_ttl_s;  /* external links */
	int64_t token_ttl_s; /* OAuth access tokens */
	/* most bytes of an INLINE result; with more the statement fails */
	int64_t inline_limit;
	/* lists of Unity Catalog start with an empty page and a token */
	int64_t uc_empty_first_page;
};
int64_t setting_delay_ms(void);
void settings_read(struct settings *copy); /* a consistent copy */

/* ---- workspaces (workspace.c) ---------------------------------------------------------- */

/* A workspace. There is one for each token subject. It is created and seeded at its first use, and
 * exists until the program ends. DIR/<name>/ contains state.db (the state of every domain), lake.db
 * (the data of SQL) and the folders of domains. */
struct workspace {
	char name[64];	/* [a-z0-9_]+, safe as a folder name */
	char *dir;	/* absolute folder */
	int dir_fd;	/* an open descriptor of the folder, for openat() */
	int64_t org_id; /* X-Databricks-Org-Id */
	char metastore_id[37];
	sqlite3 *db;		       /* state.db; may be used only under ws_lock */
	bool db_failed;		       /* set after a failure, until the request ends */
	struct lake *lake;	       /* the SQL engine's part (sql.h) */
	struct statements *statements; /* live statements (statements.c) */
	struct workspace *next;
	void *lock; /* ws_lock */
};
void ws_lock(struct workspace *ws);
void ws_unlock(struct workspace *ws);
/* The absolute path of a file or folder below the workspace folder. The caller frees it. */
char *ws_path(struct workspace *ws, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Runs a statement on the state database. `types` has one letter for each '?': s text (NULL
 * allowed), i int64_t, d double, b blob (pointer, size_t), j json object (borrowed, stored as text;
 * NULL allowed). */
int db_run(struct workspace *ws, const char *sql, const char *types, ...); /* rows changed; -1 */
sqlite3_stmt *db_query(struct workspace *ws, const char *sql, const char *types, ...);
/* goes to the next row; false at the end, where the statement is finalized */
bool db_next(struct workspace *ws, sqlite3_stmt *st);
void db_end(sqlite3_stmt *st);			   /* call this only when the loop ends early */
const char *db_text(sqlite3_stmt *st, int column); /* "" for NULL; valid until the next row */
int64_t db_int(sqlite3_stmt *st, int column);
/* a JSON value; owned; NULL when the text is not JSON */
struct json_object *db_tree(sqlite3_stmt *st, int column);
int64_t db_one_int(struct workspace *ws, const char *sql, const char *types, ...); /* 0 if no row */

/* JSON documents by (kind, id), for state that needs no tables of its own. They are sorted by their
 * creation. */
/* The document; owned. NULL when there is none. */
struct json_object *doc_get(struct workspace *ws, const char *kind, const char *id);
void doc_put(struct workspace *ws, const char *kind, const char *id, struct json_object *doc);
bool doc_delete(struct workspace *ws, const char *kind, const char *id);
/* An owned array of the documents whose id starts with prefix (NULL or "": all). */
struct json_object *doc_list(struct workspace *ws, const char *kind, const char *prefix);

/* ---- requests (request.c) -------------------------------------------------------------- */

struct query_arg {
	char *name, *value;
};

struct request {
	const char *method;
	char *path;	/* the path, each segment percent-decoded once, without the query */
	char *raw_path; /* as sent */
	char request_id[37];
	struct workspace *ws; /* NULL on ROUTE_OPEN routes without a token */
	char user[128];	      /* the caller, e.g. ann@example.com */
	bool trusted;	      /* is the token the printed one, or from its OAuth client? */
	const char *var_names[MAX_PATH_VARS];
	char *var_values[MAX_PATH_VARS];
	size_t var_count;
	struct query_arg *args;
	size_t arg_count;
	struct json_object *body; /* the JSON body; an empty object when none was sent */
	struct buf raw;		  /* the bytes of the body, except on ROUTE_UPLOAD */
	int upload_fd;		  /* ROUTE_UPLOAD: a temporary file, at offset 0; otherwise -1 */
	char *upload_path;	  /* its path below ws->dir; link or rename the file to keep it */
	int64_t body_size;	  /* bytes received */
	struct http *http;	  /* the connection; private to http.c */
	struct reply *reply;	  /* private to reply.c */
};

/* The value of a path variable. "" when the pattern has no such variable. */
const char *request_var(const struct request *req, const char *name);
/* the first value of a query parameter, or NULL */
const char *request_arg(const struct request *req, const char *name);
const char *request_arg_at(const struct request *req, const char *name, size_t index);
/* The value of a header; its name may have any case. NULL when it was not sent. */
const char *request_header(const struct request *req, const char *name);
/* Each of these functions has answered 400 INVALID_PARAMETER_VALUE when it returns false or
 * NULL. */
bool request_bool(struct request *req, const char *name, bool absent, bool *out);
bool request_int(struct request *req, const char *name, int64_t absent, int64_t min, int64_t max,
		 int64_t *out);
const char *request_need(struct request *req, const char *name);

/* Members of the body, or of any object. In get functions a wrong type counts as absent; need
 * functions refuse it. */
const char *json_str(struct json_object *obj, const char *name); /* or NULL */
/* digits in a string are accepted as a number */
int64_t json_int(struct json_object *obj, const char *name, int64_t absent);
bool json_flag(struct json_object *obj, const char *name, bool absent);
struct json_object *json_get(struct json_object *obj, const char *name); /* borrowed or NULL */
const char *body_need(struct request *req, const char *name);		 /* non-empty string */
bool body_need_int(struct request *req, const char *name, int64_t *out);
/* May python and similar code run? False unless the caller is trusted or --allow-exec was given. */
bool request_may_exec(const struct request *req);

/* ---- replies (reply.c) ----------------------------------------------------------------- */

void reply_json(struct request *req, struct json_object *obj); /* 200; takes obj */
void reply_json_status(struct request *req, int status, struct json_object *obj);
void reply_empty(struct request *req);		    /* 200 with {} */
void reply_status(struct request *req, int status); /* no body, e.g. 204 */
void reply_error(struct request *req, int status, const char *code, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* Adds an object to details[] of the last error. Takes ownership of obj. */
void reply_detail(struct request *req, struct json_object *obj);
/* Adds a google.rpc.ErrorInfo detail with an empty metadata object, which official clients
 * require. */
void reply_error_info(struct request *req, const char *reason, const char *domain);
void reply_bytes(struct request *req, int status, const char *type, const void *data, size_t len);
/* Answers 200 with these bytes, or 206 or 416 when the request has a Range. */
void reply_range(struct request *req, const char *type, const char *data, size_t len);
/* Answers with a file. Takes ownership of fd. Supports Range and If-Unmodified-Since; sets
 * Last-Modified and Content-Length. */
void reply_file(struct request *req, int fd, const char *type);
/* Answers with a stream: fn writes up to max bytes and returns their number, 0 at the end, -1 to
 * close the connection. It runs after the handler, without the lock, on the connection's thread,
 * and may block. */
typedef ssize_t (*stream_fn)(void *arg, char *out, size_t max);
void reply_stream(struct request *req, int status, const char *type, stream_fn fn, void *arg,
		  void (*free_fn)(void *arg));
void reply_header(struct request *req, const char *name, const char *value); /* after reply_* */
bool reply_done(const struct request *req);				     /* was one made? */

/* Small helpers for json-c. Builders take ownership of the value, and skip a text that is NULL. */
/* Adds a value that is serialised as exactly this text. */
struct json_object *json_raw(const char *text, size_t len);
void json_add(struct json_object *obj, const char *name, struct json_object *value);
void json_add_str(struct json_object *obj, const char *name, const char *value);
void json_add_int(struct json_object *obj, const char *name, int64_t value);
void json_add_bool(struct json_object *obj, const char *name, bool value);
/* Parses JSON. NULL when it is malformed or too deep. */
struct json_object *json_parse(const char *text, size_t len);

/* ---- paging (page.c) ------------------------------------------------------------------- */

/* Pages of a list. A token is opaque, belongs to `kind` (which must name the list and its filters),
 * and stays valid after a restart. */
char *page_token(const char *kind, int64_t offset); /* caller frees */
bool page_offset(const char *kind, const char *token, int64_t *offset);

struct page_rule {
	const char *key;       /* name of the array in the answer */
	const char *size_arg;  /* "page_size", "max_results", "limit" */
	const char *token_arg; /* usually "page_token" */
	/* sizes outside of 1..max are changed to the nearest limit; 0: the default */
	int64_t default_size, max_size;
	bool has_more;	  /* for jobs: the answer also has has_more */
	bool empty_first; /* for Unity Catalog: uses settings.uc_empty_first_page */
};
/* Makes one page of `all` (and takes ownership of it), with next_page_token when there is more.
 * Size and token come from the query, or from the body for the method POST. page_cut returns the
 * answer so that members can be added, and NULL after it has answered 400; page_reply sends it. */
struct json_object *page_cut(struct request *req, const struct page_rule *rule, const char *kind,
			     struct json_object *all);
void page_reply(struct request *req, const struct page_rule *rule, const char *kind,
		struct json_object *all);

/* ---- background work (background.c) ---------------------------------------------------- */

struct bg;
/* Runs fn on its own thread, or queues it when MAX_BACKGROUND tasks run. The caller holds one
 * reference; NULL when the queue is full or the program is stopping. fn must return soon after a
 * cancel; it may hold ws_lock only for a short time. */
struct bg *bg_start(struct workspace *ws, void (*fn)(struct bg *bg, void *arg), void *arg);
struct workspace *bg_workspace(const struct bg *bg);
bool bg_cancelled(struct bg *bg); /* NULL = never */
/* sleeps; false when the task was cancelled meanwhile; with bg NULL it only sleeps */
bool bg_sleep(struct bg *bg, int64_t ms);
void bg_cancel(struct bg *bg);
/* Sets a function that runs at a cancel (at once if the task is already cancelled), on the thread
 * that cancels. NULL removes it, and returns only when no hook is running. */
void bg_on_cancel(struct bg *bg, void (*hook)(void *arg), void *arg);
/* True when fn has returned. At shutdown every task ends, because all tasks are cancelled. */
bool bg_wait(struct bg *bg, int64_t ms);
struct bg *bg_ref(struct bg *bg);
void bg_unref(struct bg *bg);
bool stopping(void); /* the program is stopping */

/* ---- SQL (sql/) ----------------------------------------------------------------------- */

/* current catalog and schema, changed by USE; a zeroed struct means main.default */
struct sql_session {
	char catalog[MAX_NAME + 1], schema[MAX_NAME + 1];
	char user[128];
	bool system; /* for seeding only: statements may change samples and system */
};

struct sql_column {
	char *name;
	char *type_text;       /* "DECIMAL(10,2)" */
	const char *type_name; /* "DECIMAL", "LONG", "STRING", ... */
	int precision, scale;  /* -1 when unknown */
};

/* Receives one row. Each cell is NULL or a text with its length, in the form of the manifest. False
 * stops the result (a limit of rows or bytes); that is not an error. */
typedef bool (*sql_row_fn)(void *arg, size_t n, const char *const *cells, const size_t *lens);

struct sql_query {
	const char *text;	    /* exactly one statement */
	struct json_object *params; /* [{name, value, type}] or NULL; borrowed */
	sql_row_fn on_row;	    /* receives the rows; NULL: rows are dropped */
	void (*on_columns)(void *arg, const struct sql_column *columns, size_t n); /* before rows */
	void *arg;
	struct bg *bg; /* the task whose cancel stops the statement; may be NULL */
};

struct sql_outcome {
	bool ok, cancelled;
	bool has_result; /* a query, not DDL */
	/* the kind of the statement for the history: SELECT, INSERT, CREATE, ... */
	const char *kind;
	int64_t affected;
	char sql_state[6];
	char *error; /* the error with Databricks' wording and SQLSTATE; NULL on success */
};
/* Runs a statement on the calling thread, without ws_lock. Free the outcome with
 * sql_outcome_fini(). */
void sql_run(struct workspace *ws, struct sql_session *session, const struct sql_query *query,
	     struct sql_outcome *out);
void sql_outcome_fini(struct sql_outcome *out);

/* Runs a statement and collects its result: {columns:[{name,type_text,type_name}],
 * rows:[[text|null]], truncated} or NULL with *error set, which the caller frees. At most max_rows
 * rows. */
struct json_object *sql_collect(struct workspace *ws, struct sql_session *session, const char *text,
				struct json_object *params, int64_t max_rows, struct bg *bg,
				char **error);
/* Splits a script at semicolons outside of quotes and comments; owned array of strings. */
struct json_object *sql_split(const char *script);

/* ---- functions between domains ---------------------------------------------------------- */

const char *cluster_state(struct workspace *ws, const char *cluster_id); /* NULL = unknown id */
/* Starts a warehouse. False, without any change, unless it was TERMINATED. */
bool cluster_start(struct workspace *ws, const char *cluster_id);
/* time of the last start or restart, in milliseconds */
int64_t cluster_since(struct workspace *ws, const char *cluster_id);
const char *warehouse_state(struct workspace *ws, const char *id); /* NULL = unknown id */
bool warehouse_start(struct workspace *ws, const char *id);

/* ---- domains --------------------------------------------------------------------------- */

enum route_flag {
	ROUTE_OPEN = 1,	    /* the route needs no token; ws may be NULL */
	ROUTE_UNLOCKED = 2, /* the handler takes the lock itself and may block */
	ROUTE_UPLOAD = 4,   /* the body goes to a temporary file, not to memory */
	ROUTE_RAW_BODY = 8, /* the body is not JSON; see req->raw */
	/* for /_sandbox: no token is needed, faults do not apply, requests are not logged */
	ROUTE_ADMIN = 16,
};

/* Patterns: literal segments, {name} for one segment, {+name} for the rest (may contain slashes;
 * the value then starts without a slash). The first match in table order is used; a NULL method
 * ends the table. */
struct route {
	const char *method, *pattern;
	void (*handle)(struct request *req);
	unsigned flags;
};

struct domain {
	const char *name;
	const struct route *routes;
	/* CREATE TABLE IF NOT EXISTS ...; runs whenever the database is opened */
	const char *tables;
	/* runs once for each workspace, inside one transaction */
	void (*seed)(struct workspace *ws);
	/* runs at exit, after the server and all tasks have ended */
	void (*close)(struct workspace *ws);
};
/* Each domain file defines one `const struct domain NAME_domain`, listed in domains.c. */
extern const struct domain *const domains[]; /* ends with NULL */

#endif
