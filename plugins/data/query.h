/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries of a result that the platform keeps: filters, order, groups and aggregates. The chunks
 * are read again, row by row; no warehouse runs. A query holds only what it may show.
 * It lives between the steps of one call, in a list of this plugin, because a state of the host has
 * only a few bytes. Each function may be called on any thread that runs a step.
 */
#ifndef PLUGINS_DATA_QUERY_H
#define PLUGINS_DATA_QUERY_H

#include "data.h"
#include "scan.h"
#include "value.h"

#define QUERY_FILTERS_MAX 16u
#define QUERY_ORDERS_MAX 8u
#define QUERY_COLUMNS_MAX 64u	     /* of the answer */
#define QUERY_MEMORY_MAX (64u << 20) /* bytes that all queries hold together */
#define QUERY_STALE_MS 30000	     /* a query that no step has used for so long may be freed */
#define QUERY_CHUNKS_MAX 5000u	     /* chunks that one query reads */

enum filter_op {
	FILTER_EQUAL,
	FILTER_NOT_EQUAL,
	FILTER_LESS,
	FILTER_AT_MOST,
	FILTER_MORE,
	FILTER_AT_LEAST,
	FILTER_CONTAINS,
	FILTER_NULL,
	FILTER_NOT_NULL,
};

struct filter {
	size_t column;
	enum filter_op op;
	struct mcp_text value; /* owned */
};

enum aggregate_fn {
	AGGREGATE_COUNT, /* of rows, or of cells that are not NULL */
	AGGREGATE_SUM,
	AGGREGATE_AVG,
	AGGREGATE_MIN,
	AGGREGATE_MAX,
	AGGREGATE_NULLS,
	AGGREGATE_DISTINCT,
};

/* A column of the answer: of the result, or an aggregate. */
struct output {
	char *name; /* owned */
	size_t column;
	bool aggregate, all; /* all: count without a column */
	enum aggregate_fn fn;
	enum value_kind kind; /* of the output */
};

struct order {
	size_t output;
	bool down;
};

/* What is known of an aggregate in one group. */
struct aggregate_state {
	int64_t count;
	struct mcp_text edge; /* min or max; owned */
	double sum;
	struct value_sum *exact;
};

/* A row or a group that may be shown. */
struct kept {
	int64_t number; /* equal rows keep their order */
	struct aggregate_state *state;
	struct mcp_text cell[];
};

/* Numbers texts in the order in which they came. */
struct keys {
	char **key;
	size_t n, room;
	uint32_t *slot; /* number of the text + 1; 0: free */
	size_t slots;
};

struct query {
	uint64_t id;
	bool busy;	 /* a step uses it */
	int64_t used_ms; /* when a step used it last */
	size_t bytes;	 /* that it holds */

	size_t columns;
	char **name; /* of the columns of the result */
	char **type; /* as the manifest writes it; NULL: unknown */
	enum value_kind *kind;
	struct filter filter[QUERY_FILTERS_MAX];
	size_t filters;
	struct output output[QUERY_COLUMNS_MAX];
	size_t outputs, shown; /* more outputs than are shown: only for the order */
	size_t groups;	       /* outputs before the aggregates */
	bool grouped;
	struct order order[QUERY_ORDERS_MAX];
	size_t orders;
	int64_t offset, limit;

	struct kept **row;
	size_t rows, room;
	bool sorted; /* the first `offset + limit` rows are the best so far */
	struct keys group, distinct;
	int64_t matched;
	char *scratch;
	size_t scratch_room;
	struct mcp_text *cell; /* of the row at hand */
};

/* ---- query_read.c: the arguments ------------------------------------------------------------- */

/* Does the call have an argument that makes it a query? */
bool query_wanted(struct mcp_call *call);
/* Reads the arguments and begins a query: its id. 0: the call has failed. `columns` is the list of
 * the manifest. The reading says which rows of the answer are shown. */
uint64_t query_begin(struct mcp_call *call, const struct reading *reading,
		     struct json_object *columns);

/* ---- query.c: the rows ----------------------------------------------------------------------- */

struct query *query_new(size_t columns);
void query_free(struct query *query);
/* Reads the rows of a chunk, from a tree or from bytes. Returns how many there are; less than 0:
 * the call has failed. The query is gone then. */
int64_t query_tree(struct mcp_call *call, uint64_t id, struct json_object *rows);
int64_t query_bytes(struct mcp_call *call, uint64_t id, struct scan *scan);

/* ---- query_list.c ---------------------------------------------------------------------------- */

/* Counts bytes that the query, which is in use, holds from now on. False: all queries would hold
 * too many, even after those that their calls have left were freed. */
bool query_holds(struct query *query, size_t bytes);
void query_lets_go(struct query *query, size_t bytes);
/* Makes the query known to later steps, and returns its id. 0: the call has failed. */
uint64_t query_register(struct mcp_call *call, struct query *query);
void query_drop(uint64_t id); /* 0 is allowed */
/* For one step. NULL: the call has failed. */
struct query *query_take(struct mcp_call *call, uint64_t id);
void query_give(struct query *query);
/* Are all rows known that may be shown? */
bool query_full(uint64_t id);

/* ---- query_show.c: the answer ---------------------------------------------------------------- */

/* Brings the rows or groups into their order. */
void query_sort(struct query *query);
/* Shows the answer and frees the query. `complete`: all rows of the result were read. */
int query_show(struct mcp_call *call, const struct reading *reading, bool complete);

#endif
