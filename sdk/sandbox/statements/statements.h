/* SPDX-License-Identifier: Apache-2.0 */
/* A statement of the Statement Execution API: it is submitted, runs in the background, and its
 * result is kept in chunks until it expires. statement_store.c runs it, statements.c has the
 * endpoints, links.c the external links, history.c the query history. */
#ifndef SANDBOX_STATEMENTS_H
#define SANDBOX_STATEMENTS_H

#include "sandbox.h"

enum statement_state { ST_PENDING, ST_RUNNING, ST_SUCCEEDED, ST_FAILED, ST_CANCELED };

struct chunk {
	int64_t row_offset, rows;
	int64_t at, bytes; /* in the spool */
};

struct statement {
	char id[37];
	struct workspace *ws;
	char user[128], warehouse[64];
	struct sql_session session;
	char *text;
	struct json_object *params;    /* or NULL */
	int64_t row_limit, byte_limit; /* 0 = none */
	int64_t rows_per_chunk, inline_limit;
	bool external, csv;

	/* The lock of the store protects the following members. */
	bool truncated;
	char sql_state[6];
	int refs;
	enum statement_state state;
	const char *error_code;
	char *error;
	int64_t created, ended;
	struct json_object *columns; /* the columns of the manifest; NULL before they are known */
	struct chunk *chunks;
	size_t chunk_count;
	int64_t rows, bytes;
	const char *kind;
	struct bg *bg;
	struct statement *next;

	/* Until the end only the background task uses the following members. */
	struct buf memory; /* the stored rows, while they are few */
	struct buf row;
	int64_t spooled;
	int spool; /* file descriptor, or -1 */
	bool over_inline, spool_failed;
};

const char *statement_state_name(enum statement_state state);
/* Puts the statement into the store and starts it. False when the queue is full; then the statement
 * was freed. On success the caller holds a reference. */
bool statement_start(struct statement *s);
struct statement *statement_new(struct workspace *ws);
void statement_unref(struct statement *s);
/* The statement with this id, with a reference. NULL when it is unknown or has expired. */
struct statement *statement_find(struct workspace *ws, const char *id);
void statement_cancel(struct statement *s);
/* The text of a chunk of a statement in state SUCCEEDED; the caller frees it. NULL when there is no
 * such chunk. */
char *statement_chunk(struct statement *s, int64_t index, size_t *len);
void statements_lock(struct workspace *ws);
void statements_unlock(struct workspace *ws);
void statements_close(struct workspace *ws);

/* links.c */
struct json_object *link_make(const struct statement *s, size_t index);

/* history.c */
void history_begin(const struct statement *s);
void history_end(const struct statement *s);

#endif
