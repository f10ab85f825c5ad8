/* SPDX-License-Identifier: Apache-2.0 */
/* Runs statements: a warehouse is started if necessary, the SQL runs on a background thread, rows
 * are split into chunks and spooled (in memory while small, then to an unlinked file). */
#include "statements/statements.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MAX_KEPT = 2000, /* statements per workspace */
	SPOOL_IN_MEMORY = 256 * 1024,
	WAREHOUSE_POLL_MS = 20,
};
/* bytes of a result that EXTERNAL_LINKS keeps before it is truncated */
#define MAX_RESULT_BYTES (INT64_C(4) << 30)

struct statements {
	pthread_mutex_t lock;
	struct statement *first;
};

static struct statements *
store_of(struct workspace *ws)
{
	static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
	struct statements *store;

	pthread_mutex_lock(&making);
	if (ws->statements == NULL) {
		ws->statements = xcalloc(1, sizeof(*ws->statements));
		pthread_mutex_init(&ws->statements->lock, NULL);
	}
	store = ws->statements;
	pthread_mutex_unlock(&making);
	return store;
}

void
statements_lock(struct workspace *ws)
{
	pthread_mutex_lock(&store_of(ws)->lock);
}

void
statements_unlock(struct workspace *ws)
{
	pthread_mutex_unlock(&store_of(ws)->lock);
}

const char *
statement_state_name(enum statement_state state)
{
	static const char *const names[] = { "PENDING", "RUNNING", "SUCCEEDED", "FAILED",
					     "CANCELED" };

	return names[state];
}

struct statement *
statement_new(struct workspace *ws)
{
	struct statement *s = xcalloc(1, sizeof(*s));
	struct settings settings;

	settings_read(&settings);
	id_uuid(s->id);
	memcpy(s->id, "01f1", 4); /* a prefix that the ids of the real platform have too */
	s->ws = ws;
	s->refs = 1;
	s->spool = -1;
	buf_init(&s->memory, SPOOL_IN_MEMORY);
	buf_init(&s->row, MAX_MADE);
	s->created = clock_ms();
	s->rows_per_chunk = settings.rows_per_chunk;
	s->inline_limit = settings.inline_limit;
	s->kind = "OTHER";
	return s;
}

static void
statement_free(struct statement *s)
{
	if (s->spool >= 0)
		close(s->spool);
	bg_unref(s->bg);
	json_object_put(s->params);
	json_object_put(s->columns);
	buf_fini(&s->memory);
	buf_fini(&s->row);
	free(s->chunks);
	free(s->error);
	free(s->text);
	free(s);
}

void
statement_unref(struct statement *s)
{
	struct workspace *ws = s->ws;
	bool last;

	statements_lock(ws);
	last = --s->refs == 0;
	statements_unlock(ws);
	if (last)
		statement_free(s);
}

/* ---- the spool ---- */

static void
spool(struct statement *s, const char *data, size_t len)
{
	s->spooled += (int64_t)len;
	if (s->spool < 0 && s->memory.len + len <= SPOOL_IN_MEMORY) {
		buf_add(&s->memory, data, len);
		return;
	}
	if (s->spool < 0) {
		s->spool = openat(s->ws->dir_fd, "tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		s->spool_failed =
		    s->spool < 0 || !write_all(s->spool, s->memory.data, s->memory.len);
		buf_fini(&s->memory);
	}
	s->spool_failed = s->spool_failed || !write_all(s->spool, data, len);
}

char *
statement_chunk(struct statement *s, int64_t index, size_t *len)
{
	const struct chunk *chunk;
	char *text;

	if (index < 0 || index >= (int64_t)s->chunk_count)
		return NULL;
	chunk = &s->chunks[index];
	*len = (size_t)chunk->bytes;
	text = xcalloc(1, *len + 1);
	if (s->spool < 0)
		memcpy(text, s->memory.data + chunk->at, *len);
	else if (pread(s->spool, text, *len, (off_t)chunk->at) != (ssize_t)*len)
		memset(text, ' ', *len);
	return text;
}

/* ---- rows ---- */

static void
csv_cell(struct buf *out, const char *text, size_t len)
{
	if (memchr(text, ',', len) == NULL && memchr(text, '"', len) == NULL &&
	    memchr(text, '\n', len) == NULL && memchr(text, '\r', len) == NULL) {
		buf_add(out, text, len);
		return;
	}
	buf_add(out, "\"", 1);
	for (size_t i = 0; i < len; i++)
		buf_add(out, text[i] == '"' ? "\"\"" : text + i, text[i] == '"' ? 2 : 1);
	buf_add(out, "\"", 1);
}

static void
format_row(struct statement *s, size_t n, const char *const *cells, const size_t *lens)
{
	struct buf *row = &s->row;

	buf_reset(row);
	buf_puts(row, s->csv ? "" : "[");
	for (size_t i = 0; i < n; i++) {
		buf_puts(row, i > 0 ? "," : "");
		if (cells[i] == NULL)
			buf_puts(row, "null");
		else if (s->csv)
			csv_cell(row, cells[i], lens[i]);
		else
			buf_json(row, cells[i], lens[i]);
	}
	buf_puts(row, s->csv ? "\n" : "]");
}

static void
end_chunk(struct statement *s)
{
	struct chunk *chunk = &s->chunks[s->chunk_count - 1];

	if (!s->csv)
		spool(s, "]", 1);
	chunk->bytes = s->spooled - chunk->at;
}

static struct chunk *
chunk_for_row(struct statement *s)
{
	struct chunk *chunk = s->chunk_count > 0 ? &s->chunks[s->chunk_count - 1] : NULL;

	if (chunk != NULL && chunk->rows < s->rows_per_chunk) {
		if (!s->csv)
			spool(s, ",", 1);
		return chunk;
	}
	if (chunk != NULL)
		end_chunk(s);
	s->chunks = xrealloc(s->chunks, (s->chunk_count + 1) * sizeof(*s->chunks));
	chunk = &s->chunks[s->chunk_count++];
	*chunk = (struct chunk){ .row_offset = s->rows, .at = s->spooled };
	if (s->csv && s->chunk_count == 1) { /* only chunk 0 has the header */
		struct buf header = BUF(MAX_MADE);

		for (size_t i = 0; i < json_object_array_length(s->columns); i++) {
			struct json_object *column = json_object_array_get_idx(s->columns, i);
			const char *name = json_str(column, "name");

			buf_puts(&header, i > 0 ? "," : "");
			csv_cell(&header, name, strlen(name));
		}
		buf_puts(&header, "\n");
		spool(s, header.data, header.len);
		buf_fini(&header);
	} else if (!s->csv) {
		spool(s, "[", 1);
	}
	return chunk;
}

static bool
on_row(void *arg, size_t n, const char *const *cells, const size_t *lens)
{
	struct statement *s = arg;
	struct chunk *chunk;
	int64_t size;

	if (s->row_limit > 0 && s->rows >= s->row_limit) {
		s->truncated = true;
		return false;
	}
	format_row(s, n, cells, lens);
	size = buf_ok(&s->row) ? (int64_t)s->row.len : MAX_RESULT_BYTES + 1;
	if (s->byte_limit > 0 && s->bytes + size > s->byte_limit) {
		s->truncated = true;
		return false;
	}
	if (!s->external && s->bytes + size > s->inline_limit) {
		s->over_inline = true;
		return false;
	}
	if (s->bytes + size > MAX_RESULT_BYTES) {
		s->truncated = true;
		return false;
	}
	chunk = chunk_for_row(s);
	spool(s, s->row.data, s->row.len);
	chunk->rows++;
	s->rows++;
	s->bytes += size;
	return !s->spool_failed;
}

static void
on_columns(void *arg, const struct sql_column *columns, size_t n)
{
	struct statement *s = arg;
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		struct json_object *column = json_object_new_object();

		json_add_str(column, "name", columns[i].name);
		json_add_str(column, "type_text", columns[i].type_text);
		json_add_str(column, "type_name", columns[i].type_name);
		json_add_int(column, "position", (int64_t)i);
		if (columns[i].precision >= 0)
			json_add_int(column, "type_precision", columns[i].precision);
		if (columns[i].scale >= 0)
			json_add_int(column, "type_scale", columns[i].scale);
		json_object_array_add(list, column);
	}
	json_object_put(s->columns);
	s->columns = list;
}

/* ---- running ---- */

static bool
await_warehouse(struct statement *s, struct bg *bg)
{
	for (;;) {
		const char *state = warehouse_state(s->ws, s->warehouse);

		if (state == NULL || strcmp(state, "RUNNING") == 0)
			return true;
		if (strcmp(state, "STOPPED") == 0)
			warehouse_start(s->ws, s->warehouse);
		if (!bg_sleep(bg, WAREHOUSE_POLL_MS))
			return false;
	}
}

/* Sets the final state and its texts. The caller holds the lock. */
static enum statement_state
conclude(struct statement *s, struct sql_outcome *out)
{
	if (s->spool_failed) {
		s->error_code = "IO_ERROR";
		s->error = xstrdup("The sandbox could not store the result: is its disk full?");
		return ST_FAILED;
	}
	if (s->over_inline) {
		s->error_code = "BAD_REQUEST";
		s->error = xprintf("Inline byte limit exceeded. Statements executed with "
				   "disposition=INLINE can have a result size of at most %lld "
				   "bytes."
				   " Please execute the statement with "
				   "disposition=EXTERNAL_LINKS "
				   "if you want to download the full result.",
				   (long long)s->inline_limit);
		return ST_FAILED;
	}
	if (out->cancelled)
		return ST_CANCELED;
	if (!out->ok) {
		s->error_code = "BAD_REQUEST";
		s->error = out->error;
		out->error = NULL;
		memcpy(s->sql_state, out->sql_state, sizeof(s->sql_state));
		return ST_FAILED;
	}
	if (s->chunk_count > 0)
		end_chunk(s);
	return ST_SUCCEEDED;
}

static void
run(struct bg *bg, void *arg)
{
	struct statement *s = arg;
	struct sql_query query = { s->text, s->params, on_row, on_columns, s, bg };
	struct sql_outcome out = { .cancelled = true };

	if (!bg_cancelled(bg) && await_warehouse(s, bg)) {
		statements_lock(s->ws);
		s->state = ST_RUNNING;
		statements_unlock(s->ws);
		sql_run(s->ws, &s->session, &query, &out);
		s->kind = out.kind;
	}
	statements_lock(s->ws);
	s->state = conclude(s, &out);
	s->ended = clock_ms();
	statements_unlock(s->ws);
	sql_outcome_fini(&out);
	history_end(s);
	statement_unref(s);
}

/* Makes room by removing the oldest finished statements. The caller holds the lock, and frees the
 * statements that are returned. */
static struct statement *
evict(struct statements *store)
{
	struct settings settings;
	struct statement *gone = NULL, **at = &store->first;
	int64_t kept = 0, now = clock_ms();

	settings_read(&settings);
	while (*at != NULL) {
		struct statement *s = *at;
		bool over = s->state >= ST_SUCCEEDED &&
			    (++kept > MAX_KEPT || s->ended + settings.statement_ttl_s * 1000 < now);

		if (over && s->refs == 1) {
			*at = s->next;
			s->next = gone;
			gone = s;
		} else {
			at = &s->next;
		}
	}
	return gone;
}

bool
statement_start(struct statement *s)
{
	struct statements *store = store_of(s->ws);
	struct statement *gone, *next;

	history_begin(s);
	pthread_mutex_lock(&store->lock);
	gone = evict(store);
	s->refs = 3; /* references: one of the store, one of the task, one of the caller */
	s->bg = bg_start(s->ws, run, s);
	if (s->bg != NULL) {
		s->next = store->first;
		store->first = s;
	}
	pthread_mutex_unlock(&store->lock);
	for (; gone != NULL; gone = next) {
		next = gone->next;
		statement_free(gone);
	}
	if (s->bg != NULL)
		return true;
	s->state = ST_FAILED;
	s->ended = clock_ms();
	history_end(s);
	statement_free(s);
	return false;
}

struct statement *
statement_find(struct workspace *ws, const char *id)
{
	struct statements *store = store_of(ws);
	struct settings settings;
	struct statement *s;

	settings_read(&settings);
	pthread_mutex_lock(&store->lock);
	for (s = store->first; s != NULL && strcmp(s->id, id) != 0; s = s->next)
		continue;
	if (s != NULL && s->state >= ST_SUCCEEDED &&
	    s->ended + settings.statement_ttl_s * 1000 < clock_ms())
		s = NULL;
	if (s != NULL)
		s->refs++;
	pthread_mutex_unlock(&store->lock);
	return s;
}

void
statement_cancel(struct statement *s)
{
	bg_cancel(s->bg);
}

void
statements_close(struct workspace *ws)
{
	struct statement *next;

	if (ws->statements == NULL)
		return;
	for (struct statement *s = ws->statements->first; s != NULL; s = next) {
		next = s->next;
		statement_free(s);
	}
	pthread_mutex_destroy(&ws->statements->lock);
	free(ws->statements);
	ws->statements = NULL;
}
