/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The framework of lakehost-sandbox, a local program that implements the Databricks REST API. A
 * domain (clusters, statements, jobs, ...) is one `struct domain`: a route table, the SQL of its
 * tables and a seeding function. domains.c lists them; http.c routes and answers.
 *
 * Threads: one for each connection, and one for each background task (bg_start). A handler runs
 * with its workspace locked, so that it may read and write without races. A route with
 * ROUTE_UNLOCKED takes ws_lock itself for as short as possible, and may block. The lock is
 * recursive.
 *
 * Failures: a handler answers exactly once through a reply_* function and returns. The helpers that
 * may refuse (request_int, body_need, page_slice, ...) have already answered when they return false
 * or NULL, so the caller just returns. A failure of the state database stays set: it turns any
 * answer into 500 INTERNAL_ERROR.
 */
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
	MAX_JSON_BODY = 32 * 1024 * 1024, /* a statement may have 16 MiB, an import 14 */
	MAX_JSON_DEPTH = 128,
	MAX_PATH_VARS = 8,
	MAX_NAME = 255,	     /* catalog, schema, table names */
	MAX_BACKGROUND = 64, /* tasks that run at once; the others are queued */
};
#define MAX_UPLOAD (INT64_C(5) << 30) /* Files API: a PUT is at most 5 GiB */

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* ---- memory, text, log (base.c) -------------------------------------------------------- */

/* Memory, buffers, UTF-8 and base64 are those of the host: see sdk/src/base. */

/* What the sandbox makes of one request: a body, each byte of it escaped in six. */
#define MAX_MADE (8u * MAX_JSON_BODY)
/* Hands the text over, for free().  For what cannot be full: it is made of a request, within
 * MAX_MADE.  Ends the program when it is full all the same. */
char *buf_text(struct buf *b);

char *encode_base64(const void *data, size_t len); /* padded, no line breaks; caller frees */
/* NULL when not base64 (standard or URL alphabet, padding optional).  Caller frees. */
void *decode_base64(const char *text, size_t len, size_t *out_len);
void sha256_hex(const void *data, size_t len, char out[65]);
void hmac_hex(const char *text, char out[65]);	 /* keyed with the secret stored in DIR */
bool secret_equal(const char *a, const char *b); /* the time depends only on the length */
/* The one of `names` (ends with NULL) that is `text`; NULL when none is. */
const char *text_among(const char *text, const char *const *names);
char *text_fold(const char *s);			    /* ASCII lower case copy */
bool text_like(const char *pattern, const char *s); /* SQL LIKE: % and _, case-insensitive */

bool write_all(int fd, const char *data, size_t len);

/* One line on stderr. Must not contain a token or a secret. */
void log_line(const char *level, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ---- time and identifiers (base.c) ----------------------------------------------------- */

int64_t clock_ms(void); /* epoch, milliseconds */
/* The length of a transition that takes `ms` by default, scaled by --delay-ms (default 3000, the
 * start of a cluster). States are computed from timestamps: store the start time. */
int64_t scaled_ms(int64_t ms);
void clock_iso(int64_t ms, char out[32]); /* 2026-01-02T03:04:05.678Z */

int64_t id_number(void);	       /* 12-15 digits, random, always < 2^53 */
void id_hex(char *out, size_t digits); /* digits hex characters and a NUL */
void id_uuid(char out[37]);
void id_cluster(char out[32]); /* MMDD-HHMMSS-8 letters */

/* ---- options and settings -------------------------------------------------------------- */

struct options {
	char host[64]; /* loopback address as given */
	int port;      /* the real port once the server listens */
	const char *data_dir;
	int64_t delay_ms;
	bool allow_exec;
	char pat[40];			       /* the generated token; it opens workspace
					        * "default" */
	char client_id[40], client_secret[48]; /* OAuth client of workspace "default" */
	char account_id[37];
	char key[65]; /* hex key for hmac_hex */
};
extern struct options options; /* constant once the server listens */

/* Settings for tests, read and changed through /_sandbox/settings (settings.c). */
struct settings {
	int64_t delay_ms;
	int64_t rows_per_chunk;	     /* statement results */
	int64_t statement_ttl_s;     /* status and result are 404 after this time */
	int64_t link_ttl_s;	     /* external links */
	int64_t token_ttl_s;	     /* OAuth access tokens */
	int64_t inline_limit;	     /* bytes; above it an INLINE statement fails */
	int64_t uc_empty_first_page; /* UC lists start with an empty page + token */
};
int64_t setting_delay_ms(void);
void settings_read(struct settings *copy); /* a consistent copy */

/* ---- workspaces (workspace.c) ---------------------------------------------------------- */

/*
 * One for each token subject, created and seeded at its first use, kept until exit. DIR/<name>/
 * contains state.db (the state of every domain), lake.db (the data of SQL) and the folders of
 * domains.
 */
struct workspace {
	char name[64];	/* [a-z0-9_]+, safe as a folder name */
	char *dir;	/* absolute folder */
	int dir_fd;	/* the same, for openat() */
	int64_t org_id; /* X-Databricks-Org-Id */
	char metastore_id[37];
	sqlite3 *db;		       /* state.db; use it under ws_lock only */
	bool db_failed;		       /* stays set within one request */
	struct lake *lake;	       /* the SQL engine's part (sql.h) */
	struct statements *statements; /* live statements (statements.c) */
	struct workspace *next;
	void *lock; /* ws_lock */
};
void ws_lock(struct workspace *ws);
void ws_unlock(struct workspace *ws);
/* Absolute path of a file or folder below the workspace folder; caller frees. */
char *ws_path(struct workspace *ws, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * State database. `types` has one letter for each '?': s text (NULL allowed), i int64_t, d double,
 * b blob (pointer, size_t), j json object (borrowed, stored as text; NULL allowed).
 */
int db_run(struct workspace *ws, const char *sql, const char *types, ...); /* rows changed; -1 */
sqlite3_stmt *db_query(struct workspace *ws, const char *sql, const char *types, ...);
bool db_next(struct workspace *ws, sqlite3_stmt *st); /* false at the end; finalizes then */
void db_end(sqlite3_stmt *st);			      /* only when the loop ends early */
const char *db_text(sqlite3_stmt *st, int column);    /* "" for NULL; valid until the next step */
int64_t db_int(sqlite3_stmt *st, int column);
struct json_object *db_tree(sqlite3_stmt *st, int column); /* owned; NULL when it is none */
int64_t db_one_int(struct workspace *ws, const char *sql, const char *types, ...); /* 0 if no row */

/* JSON documents by (kind, id), for state that needs no SQL of its own; sorted by creation. */
/* Owned; NULL when there is none. */
struct json_object *doc_get(struct workspace *ws, const char *kind, const char *id);
void doc_put(struct workspace *ws, const char *kind, const char *id, struct json_object *doc);
bool doc_delete(struct workspace *ws, const char *kind, const char *id);
/* Owned array of documents whose id starts with prefix (NULL or "" = all). */
struct json_object *doc_list(struct workspace *ws, const char *kind, const char *prefix);

/* ---- requests (request.c) -------------------------------------------------------------- */

struct query_arg {
	char *name, *value;
};

struct request {
	const char *method;
	char *path;	/* percent-decoded once per segment, no query */
	char *raw_path; /* as sent */
	char request_id[37];
	struct workspace *ws; /* NULL on ROUTE_OPEN routes without a token */
	char user[128];	      /* the caller, e.g. ann@example.com */
	bool trusted;	      /* the printed token or its OAuth client */
	const char *var_names[MAX_PATH_VARS];
	char *var_values[MAX_PATH_VARS];
	size_t var_count;
	struct query_arg *args;
	size_t arg_count;
	struct json_object *body; /* the JSON body; an empty object when none was sent */
	struct buf raw;		  /* bytes of the body, except on ROUTE_UPLOAD */
	int upload_fd;		  /* ROUTE_UPLOAD: temporary file, at offset 0; else -1 */
	char *upload_path;	  /* its path below ws->dir: link or rename it into place */
	int64_t body_size;	  /* bytes received */
	struct http *http;	  /* the connection; private to http.c */
	struct reply *reply;	  /* private to reply.c */
};

/* "" when the pattern has no such variable. */
const char *request_var(const struct request *req, const char *name);
const char *request_arg(const struct request *req, const char *name); /* first value or NULL */
const char *request_arg_at(const struct request *req, const char *name, size_t index);
/* The name in any case; NULL when it was not sent. */
const char *request_header(const struct request *req, const char *name);
/* Each of these has answered 400 INVALID_PARAMETER_VALUE when it returns false or NULL. */
bool request_bool(struct request *req, const char *name, bool absent, bool *out);
bool request_int(struct request *req, const char *name, int64_t absent, int64_t min, int64_t max,
		 int64_t *out);
const char *request_need(struct request *req, const char *name);

/* Members of the body (or of any object). A wrong type counts as absent in get, and is refused in
 * need. */
const char *json_str(struct json_object *obj, const char *name);	     /* or NULL */
int64_t json_int(struct json_object *obj, const char *name, int64_t absent); /* digits in a
									      * string are
									      * accepted */
bool json_flag(struct json_object *obj, const char *name, bool absent);
struct json_object *json_get(struct json_object *obj, const char *name); /* borrowed or NULL */
const char *body_need(struct request *req, const char *name);		 /* non-empty string */
bool body_need_int(struct request *req, const char *name, int64_t *out);
/* False for python and similar code unless the caller is trusted or --allow-exec was given. */
bool request_may_exec(const struct request *req);

/* ---- replies (reply.c) ----------------------------------------------------------------- */

void reply_json(struct request *req, struct json_object *obj); /* 200; takes obj */
void reply_json_status(struct request *req, int status, struct json_object *obj);
void reply_empty(struct request *req);		    /* 200 with {} */
void reply_status(struct request *req, int status); /* no body, e.g. 204 */
void reply_error(struct request *req, int status, const char *code, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* Adds to details[] of the last error; takes ownership of obj. */
void reply_detail(struct request *req, struct json_object *obj);
/* google.rpc.ErrorInfo detail with an empty metadata object, which official clients require. */
void reply_error_info(struct request *req, const char *reason, const char *domain);
void reply_bytes(struct request *req, int status, const char *type, const void *data, size_t len);
/* Takes ownership of fd. Supports Range and If-Unmodified-Since, sets Last-Modified and
 * Content-Length. */
void reply_file(struct request *req, int fd, const char *type);
/* Streams: fn writes up to max bytes and returns their number, 0 at the end, -1 to close the
 * connection. It runs after the handler, without the lock, on the connection's thread, and may
 * block. */
typedef ssize_t (*stream_fn)(void *arg, char *out, size_t max);
void reply_stream(struct request *req, int status, const char *type, stream_fn fn, void *arg,
		  void (*free_fn)(void *arg));
void reply_header(struct request *req, const char *name, const char *value); /* after reply_* */
bool reply_done(const struct request *req);				     /* was one made? */

/* Small json-c helpers: builders take ownership of the value and skip NULL text. */
/* Serialises to exactly this text. */
struct json_object *json_raw(const char *text, size_t len);
void json_add(struct json_object *obj, const char *name, struct json_object *value);
void json_add_str(struct json_object *obj, const char *name, const char *value);
void json_add_int(struct json_object *obj, const char *name, int64_t value);
void json_add_bool(struct json_object *obj, const char *name, bool value);
/* NULL when malformed or too deep. */
struct json_object *json_parse(const char *text, size_t len);

/* ---- paging (page.c) ------------------------------------------------------------------- */

/* A token is opaque, bound to `kind` (name the list and its filters) and stays valid after a
 * restart. */
char *page_token(const char *kind, int64_t offset); /* caller frees */
bool page_offset(const char *kind, const char *token, int64_t *offset);

struct page_rule {
	const char *key;		/* name of the array in the answer */
	const char *size_arg;		/* "page_size", "max_results", "limit" */
	const char *token_arg;		/* usually "page_token" */
	int64_t default_size, max_size; /* sizes outside 1..max are clamped; 0 = default */
	bool has_more;			/* jobs: also answer has_more */
	bool empty_first;		/* UC: uses settings.uc_empty_first_page */
};
/* One page of `all` (takes ownership), with next_page_token when there is more. Size and token come
 * from the query, or from the body for the method POST. page_cut returns the answer so that members
 * can be added, or has answered 400 when it returns NULL; page_reply sends it. */
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
bool bg_cancelled(struct bg *bg);	  /* NULL = never */
bool bg_sleep(struct bg *bg, int64_t ms); /* false when cancelled; NULL bg: just sleeps */
void bg_cancel(struct bg *bg);
/* hook runs at cancel (at once if that already happened), in the cancelling thread; NULL clears it,
 * and returns only when no hook is running. */
void bg_on_cancel(struct bg *bg, void (*hook)(void *arg), void *arg);
/* True when fn has returned. Shutdown ends every task, because it cancels all. */
bool bg_wait(struct bg *bg, int64_t ms);
struct bg *bg_ref(struct bg *bg);
void bg_unref(struct bg *bg);
bool stopping(void); /* the program is stopping */

/* ---- SQL (sql/) ----------------------------------------------------------------------- */

/* changed by USE; zero = main.default */
struct sql_session {
	char catalog[MAX_NAME + 1], schema[MAX_NAME + 1];
	char user[128];
	bool system; /* may write samples and system: seeding only */
};

struct sql_column {
	char *name;
	char *type_text;       /* "DECIMAL(10,2)" */
	const char *type_name; /* "DECIMAL", "LONG", "STRING", ... */
	int precision, scale;  /* -1 when unknown */
};

/* One row: cells are NULL or text of the given length, in the form of the manifest. Returning false
 * stops there (a row or byte limit); that is not an error. */
typedef bool (*sql_row_fn)(void *arg, size_t n, const char *const *cells, const size_t *lens);

struct sql_query {
	const char *text;	    /* exactly one statement */
	struct json_object *params; /* [{name, value, type}] or NULL; borrowed */
	sql_row_fn on_row;	    /* NULL = throw rows away */
	void (*on_columns)(void *arg, const struct sql_column *columns, size_t n); /* before rows */
	void *arg;
	struct bg *bg; /* cancels it; may be NULL */
};

struct sql_outcome {
	bool ok, cancelled;
	bool has_result;  /* a query, not DDL */
	const char *kind; /* SELECT, INSERT, CREATE, ... for the history */
	int64_t affected;
	char sql_state[6];
	char *error; /* Databricks' wording with SQLSTATE; NULL on success */
};
/* Runs in the calling thread, without ws_lock.  Free with sql_outcome_fini. */
void sql_run(struct workspace *ws, struct sql_session *session, const struct sql_query *query,
	     struct sql_outcome *out);
void sql_outcome_fini(struct sql_outcome *out);

/* The same, collected: {columns:[{name,type_text,type_name}], rows:[[text|null]], truncated} or
 * NULL with *error set (caller frees).  At most max_rows rows. */
struct json_object *sql_collect(struct workspace *ws, struct sql_session *session, const char *text,
				struct json_object *params, int64_t max_rows, struct bg *bg,
				char **error);
/* Splits a script at semicolons outside of quotes and comments; owned array of strings. */
struct json_object *sql_split(const char *script);

/* ---- functions between domains ---------------------------------------------------------- */

const char *cluster_state(struct workspace *ws, const char *cluster_id); /* NULL = unknown id */
/* False, without any change, unless it was TERMINATED. */
bool cluster_start(struct workspace *ws, const char *cluster_id);
int64_t cluster_since(struct workspace *ws, const char *cluster_id); /* last (re)start, ms */
const char *warehouse_state(struct workspace *ws, const char *id);   /* NULL = unknown id */
bool warehouse_start(struct workspace *ws, const char *id);

/* ---- domains --------------------------------------------------------------------------- */

enum route_flag {
	ROUTE_OPEN = 1,	    /* no token needed; ws may be NULL */
	ROUTE_UNLOCKED = 2, /* the handler takes the lock itself and may block */
	ROUTE_UPLOAD = 4,   /* the body goes to a temporary file, not to memory */
	ROUTE_RAW_BODY = 8, /* the body is not JSON; see req->raw */
	ROUTE_ADMIN = 16,   /* /_sandbox: no token, no faults, not logged */
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
	const char *tables;		     /* CREATE TABLE IF NOT EXISTS ...; run whenever the
					      * database is opened */
	void (*seed)(struct workspace *ws);  /* once per workspace, inside one transaction */
	void (*close)(struct workspace *ws); /* at exit, after the server and all tasks stopped */
};
/* Each domain file defines one `const struct domain NAME_domain`, listed in domains.c. */
extern const struct domain *const domains[]; /* ends with NULL */

#endif
