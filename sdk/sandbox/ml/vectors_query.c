/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries of a vector index. Every row is compared, so results are exact. ANN scores are cosines.
 * FULL_TEXT scores are the share of the query's words in a row. HYBRID combines both orders by
 * reciprocal rank.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ml/embed.h"
#include "ml/ml_filter.h"
#include "ml/vectors.h"

enum { MAX_RESULTS = 10000, PAGE_ROWS = 1000, KEPT_QUERIES = 50, RANK_CONSTANT = 60 };

enum method { ANN, HYBRID, FULL_TEXT };

struct hit {
	struct json_object *row;
	char *key;
	double cosine, words, score;
};

struct hits {
	struct hit *items;
	size_t count, size;
};

struct query {
	enum method method;
	const char *text;
	float vector[MAX_DIMENSION];
	struct json_object *columns, *filter; /* columns are borrowed, the filter is owned */
	int64_t wanted;
	double threshold;
};

/* ---- reading ---- */

static bool
bad(struct request *req, const char *format, const char *what)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s%s", format, what);
	reply_error(req, 400, "INVALID_PARAMETER_VALUE", "%s", text);
	return false;
}

static bool
read_columns(struct request *req, const struct vindex *index, struct json_object *body,
	     struct query *query)
{
	query->columns = json_get(body, "columns");
	if (!json_object_is_type(query->columns, json_type_array) ||
	    json_object_array_length(query->columns) == 0)
		return bad(req, "Missing required field: columns", "");
	for (size_t i = 0; i < json_object_array_length(query->columns); i++) {
		const char *name =
		    json_object_get_string(json_object_array_get_idx(query->columns, i));

		if (name == NULL || json_get(index->schema, name) == NULL)
			return bad(req, "Requested columns to fetch are not present in index: ",
				   name != NULL ? name : "null");
	}
	return true;
}

static bool
read_method(struct request *req, struct json_object *body, struct query *query)
{
	const char *name = json_str(body, "query_type");

	if (name == NULL || strcmp(name, "ANN") == 0)
		query->method = ANN;
	else if (strcmp(name, "HYBRID") == 0)
		query->method = HYBRID;
	else if (strcmp(name, "FULL_TEXT") == 0)
		query->method = FULL_TEXT;
	else
		return bad(req, "query_type must be ANN, HYBRID or FULL_TEXT, not ", name);
	if (query->method != ANN && query->text == NULL)
		return bad(req, "query_text is needed for query_type ", name);
	return true;
}

static bool
read_query_vector(struct request *req, const struct vindex *index, struct json_object *body,
		  struct query *query)
{
	struct json_object *list = json_get(body, "query_vector");
	char text[160];

	if (list != NULL && read_vector(list, index->dimension, query->vector))
		return true;
	if (list != NULL) {
		snprintf(text, sizeof(text), "%lld numbers", (long long)index->dimension);
		return bad(req, "query_vector must have as many dimensions as the index: ", text);
	}
	if (query->text == NULL)
		return bad(req, "One of query_vector and query_text is needed.", "");
	if (index->embeds)
		embed_text(query->text, query->vector);
	else if (query->method != FULL_TEXT)
		return bad(req, "The index has no embedding model, so query_vector is needed: ",
			   index->name);
	return true;
}

static bool
read_filter(struct request *req, const struct vindex *index, struct json_object *body,
	    struct query *query)
{
	const char *text = json_str(body, "filters_json");
	char *wrong;

	if (text == NULL || *text == '\0')
		return true;
	query->filter = json_parse(text, strlen(text));
	wrong = vfilter_check(index, query->filter);
	if (wrong == NULL)
		return true;
	bad(req, wrong, "");
	free(wrong);
	return false;
}

static bool
read_query(struct request *req, const struct vindex *index, struct json_object *body,
	   struct query *query)
{
	struct json_object *threshold = json_get(body, "score_threshold");

	query->text = json_str(body, "query_text");
	query->wanted = json_int(body, "num_results", 10);
	query->threshold = threshold != NULL ? json_object_get_double(threshold) : -INFINITY;
	if (query->wanted < 1 || query->wanted > MAX_RESULTS)
		return bad(req, "num_results must be between 1 and 10000", "");
	return read_columns(req, index, body, query) && read_method(req, body, query) &&
	       read_query_vector(req, index, body, query) && read_filter(req, index, body, query);
}

/* ---- scoring ---- */

static double
cosine(const float *a, const float *b, int64_t n)
{
	double dot = 0, aa = 0, bb = 0;

	for (int64_t i = 0; i < n; i++) {
		dot += (double)a[i] * (double)b[i];
		aa += (double)a[i] * (double)a[i];
		bb += (double)b[i] * (double)b[i];
	}
	return aa > 0 && bb > 0 ? dot / sqrt(aa * bb) : 0;
}

struct matching {
	struct json_object *row;
	size_t words, found;
};

static void
match_word(void *arg, const char *word)
{
	struct matching *m = arg;
	struct json_object_iterator at = json_object_iter_begin(m->row);
	struct json_object_iterator end = json_object_iter_end(m->row);

	m->words++;
	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		struct json_object *value = json_object_iter_peek_value(&at);

		if (json_object_is_type(value, json_type_string) &&
		    has_word(json_object_get_string(value), word)) {
			m->found++;
			return;
		}
	}
}

static double
word_share(const char *text, struct json_object *row)
{
	struct matching m = { .row = row };

	each_word(text, match_word, &m);
	return m.words > 0 ? (double)m.found / (double)m.words : 0;
}

static struct hit *
add_hit(struct hits *hits)
{
	if (hits->count == hits->size) {
		hits->size = hits->size * 2 + 64;
		hits->items = xrealloc(hits->items, hits->size * sizeof(struct hit));
	}
	return &hits->items[hits->count++];
}

static void
collect(struct request *req, const struct vindex *index, const struct query *query,
	struct hits *hits)
{
	sqlite3_stmt *st = db_query(req->ws, "SELECT key, json, vector FROM vs_rows WHERE idx = ?",
				    "s", index->name);
	float vector[MAX_DIMENSION];

	while (db_next(req->ws, st)) {
		struct json_object *row = db_tree(st, 1);
		struct hit hit = { .row = row };

		if (!vfilter_matches(query->filter, row)) {
			json_object_put(row);
			continue;
		}
		memcpy(vector, sqlite3_column_blob(st, 2),
		       (size_t)index->dimension * sizeof(float));
		hit.cosine = cosine(query->vector, vector, index->dimension);
		hit.words = query->method != ANN ? word_share(query->text, row) : 0;
		hit.score = query->method == FULL_TEXT ? hit.words : hit.cosine;
		hit.key = xstrdup(db_text(st, 0));
		*add_hit(hits) = hit;
	}
}

static int
by_score(const void *left, const void *right)
{
	const struct hit *a = left, *b = right;

	if (a->score != b->score)
		return a->score < b->score ? 1 : -1;
	return strcmp(a->key, b->key);
}

static void
sort_hits(struct hits *hits)
{
	if (hits->count > 0)
		qsort(hits->items, hits->count, sizeof(struct hit), by_score);
}

/* Combines two orders by reciprocal rank, scaled so that a row that is first in both has the score
 * 1. */
static void
fuse(struct hits *hits)
{
	double *ranks = xcalloc(hits->count + 1, sizeof(double));

	sort_hits(hits);
	for (size_t i = 0; i < hits->count; i++) {
		hits->items[i].cosine = 1.0 / (double)(RANK_CONSTANT + 1 + i);
		hits->items[i].score = hits->items[i].words;
	}
	sort_hits(hits);
	for (size_t i = 0; i < hits->count; i++)
		ranks[i] = hits->items[i].words > 0 ? 1.0 / (double)(RANK_CONSTANT + 1 + i) : 0;
	for (size_t i = 0; i < hits->count; i++)
		hits->items[i].score = (hits->items[i].cosine + ranks[i]) * (RANK_CONSTANT + 1) / 2;
	sort_hits(hits);
	free(ranks);
}

/* The number of sorted hits in the answer. */
static size_t
count_good(const struct hits *hits, const struct query *query)
{
	size_t n = 0;

	while (n < hits->count && n < (size_t)query->wanted &&
	       hits->items[n].score >= query->threshold &&
	       (query->method != FULL_TEXT || hits->items[n].words > 0))
		n++;
	return n;
}

/* ---- answering ---- */

static struct json_object *
manifest(const struct vindex *index, const struct query *query)
{
	struct json_object *answer = json_object_new_object(), *list = json_object_new_array();
	size_t n = json_object_array_length(query->columns);

	for (size_t i = 0; i <= n; i++) {
		const char *name =
		    i < n ? json_object_get_string(json_object_array_get_idx(query->columns, i))
			  : VECTOR_SCORE;
		struct json_object *column = json_object_new_object();

		json_add_str(column, "name", name);
		json_add_str(column, "type_text", i < n ? json_str(index->schema, name) : "double");
		json_object_array_add(list, column);
	}
	json_add_int(answer, "column_count", (int64_t)n + 1);
	json_add(answer, "columns", list);
	return answer;
}

static struct json_object *
data_array(const struct hits *hits, const struct query *query, size_t from, size_t to)
{
	struct json_object *rows = json_object_new_array();

	for (size_t i = from; i < to; i++) {
		struct json_object *cells = json_object_new_array();

		for (size_t c = 0; c < json_object_array_length(query->columns); c++)
			json_object_array_add(
			    cells,
			    json_object_get(
				json_get(hits->items[i].row,
					 json_object_get_string(
					     json_object_array_get_idx(query->columns, c)))));
		json_object_array_add(cells, ml_number(round(hits->items[i].score * 1e6) / 1e6));
		json_object_array_add(rows, cells);
	}
	return rows;
}

/* Stores the body for later pages. Returns "ID.TOKEN", which the caller frees. */
static char *
remember(struct request *req, struct json_object *body, const char *id, size_t offset)
{
	char kept[37], *kind, *token, *text;

	if (id == NULL) {
		id_uuid(kept);
		doc_put(req->ws, "vector_query", kept, body);
		db_run(req->ws,
		       "DELETE FROM docs WHERE kind = 'vector_query' AND seq <= (SELECT"
		       " max(seq) FROM docs WHERE kind = 'vector_query') - ?",
		       "i", (int64_t)KEPT_QUERIES);
		id = kept;
	}
	kind = xprintf("vector query %s", id);
	token = page_token(kind, (int64_t)offset);
	text = xprintf("%s.%s", id, token);
	free(kind);
	free(token);
	return text;
}

static void
answer_page(struct request *req, const struct vindex *index, struct json_object *body,
	    const char *id, size_t from)
{
	struct query *query = xcalloc(1, sizeof(*query));
	struct json_object *answer, *result;
	struct hits hits = { 0 };
	size_t total, to;

	if (read_query(req, index, body, query)) {
		collect(req, index, query, &hits);
		if (query->method == HYBRID)
			fuse(&hits);
		else
			sort_hits(&hits);
		total = count_good(&hits, query);
		from = from < total ? from : total;
		to = total - from > PAGE_ROWS ? from + PAGE_ROWS : total;
		answer = json_object_new_object();
		json_add(answer, "manifest", manifest(index, query));
		result = json_object_new_object();
		json_add_int(result, "row_count", (int64_t)(to - from));
		if (to > from)
			json_add(result, "data_array", data_array(&hits, query, from, to));
		json_add(answer, "result", result);
		if (to < total) {
			char *token = remember(req, body, id, to);

			json_add_str(answer, "next_page_token", token);
			free(token);
		}
		reply_json(req, answer);
	}
	for (size_t i = 0; i < hits.count; i++) {
		json_object_put(hits.items[i].row);
		free(hits.items[i].key);
	}
	free(hits.items);
	json_object_put(query->filter);
	free(query);
}

void
vectors_query(struct request *req)
{
	struct vindex index;

	if (!vindex_need(req, &index))
		return;
	answer_page(req, &index, req->body, NULL, 0);
	vindex_fini(&index);
}

void
vectors_next_page(struct request *req)
{
	const char *token = body_need(req, "page_token"), *endpoint, *dot;
	struct json_object *body = NULL;
	struct vindex index;
	int64_t from = 0;
	char *kind, *id;

	endpoint = token != NULL ? body_need(req, "endpoint_name") : NULL;
	if (endpoint == NULL || !vindex_need(req, &index))
		return;
	dot = strchr(token, '.');
	id = xstrndup(token, dot != NULL ? (size_t)(dot - token) : 0);
	kind = xprintf("vector query %s", id);
	if (dot != NULL && page_offset(kind, dot + 1, &from))
		body = doc_get(req->ws, "vector_query", id);
	if (body == NULL || strcmp(endpoint, index.endpoint) != 0)
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Invalid page token, or not of an index of this endpoint.");
	else
		answer_page(req, &index, body, id, (size_t)from);
	json_object_put(body);
	vindex_fini(&index);
	free(kind);
	free(id);
}
