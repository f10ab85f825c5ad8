/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and ids. People use names, the API uses ids. One list call turns a name into an id, and
 * gives similar names when there is none.
 */
#include "databricks.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES_MAX 20	  /* most pages of a list that are searched for a name */
#define CANDIDATES_MAX 10 /* number of ids that are shown when a name is ambiguous */
#define NEAR_MAX 3
#define DISTANCE_TEXT_MAX 128
#define PART_MIN 3    /* least bytes of a name that is searched as a part of another name */
#define NEAR_TEXT 120 /* bytes of a similar name that are kept from page to page */

const struct dbx_kind dbx_clusters = {
	.noun = "cluster",
	.list = "/api/2.1/clusters/list?page_size=100{&page_token}",
	.items = "clusters",
	.id = "cluster_id",
	.name = "cluster_name",
	.tool = "list_clusters",
	.is_id = dbx_is_cluster_id,
};

const struct dbx_kind dbx_warehouses = {
	.noun = "SQL warehouse",
	.list = "/api/2.0/sql/warehouses{?page_token}",
	.items = "warehouses",
	.id = "id",
	.name = "name",
	.tool = "list_sql_warehouses",
	.is_id = dbx_is_warehouse_id,
};

const struct dbx_kind dbx_jobs = {
	.noun = "job",
	.list = "/api/2.2/jobs/list?limit=100{&page_token}",
	.items = "jobs",
	.id = "job_id",
	.name = "settings.name",
	.tool = "list_jobs",
	.is_id = dbx_is_number,
};

bool
dbx_never_an_id(const char *text)
{
	(void)text;
	return false;
}

bool
dbx_is_number(const char *text)
{
	size_t n = strspn(text, "0123456789");

	return n > 0 && n <= 19 && text[n] == '\0';
}

bool
dbx_is_cluster_id(const char *text)
{
	for (size_t i = 0; i < 12; i++)
		if (i == 4    ? text[i] != '-'
		    : i == 11 ? text[i] != '-'
			      : !isdigit((unsigned char)text[i]))
			return false;
	return text[12] != '\0' &&
	       strspn(text + 12, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(text + 12);
}

bool
dbx_is_warehouse_id(const char *text)
{
	return strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16;
}

/* ---- nearest names -------------------------------------------------------------------------- */

/* The Levenshtein distance of two texts, ignoring case. DISTANCE_TEXT_MAX for texts that are too
 * long. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[DISTANCE_TEXT_MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > DISTANCE_TEXT_MAX || lb > DISTANCE_TEXT_MAX)
		return DISTANCE_TEXT_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = diagonal + (tolower((unsigned char)a[i - 1]) !=
						  tolower((unsigned char)b[j - 1]));

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

/* The difference between a name and the wanted one: a smaller number means more similar, SIZE_MAX
 * means not similar. Names within an edit distance of a third of the length come first, then names
 * of which one contains the other. */
static size_t
farness(const char *asked, const char *name)
{
	size_t far = distance(asked, name), most = (strlen(asked) + 2) / 3;
	size_t a = strlen(asked), b = strlen(name);

	if (far <= most)
		return far;
	if ((a >= PART_MIN && strcasestr(name, asked) != NULL) ||
	    (b >= PART_MIN && strcasestr(asked, name) != NULL))
		return DISTANCE_TEXT_MAX + (a > b ? a - b : b - a);
	return SIZE_MAX;
}

struct near {
	const char *name;
	size_t far;
};

static int
nearer(const void *a, const void *b)
{
	const struct near *x = a, *y = b;

	if (x->far != y->far)
		return x->far < y->far ? -1 : 1;
	return strcmp(x->name, y->name);
}

const char *
dbx_nearest(struct mcp_call *call, const char *asked, struct json_object *names)
{
	size_t n =
	    json_object_is_type(names, json_type_array) ? json_object_array_length(names) : 0;
	struct near *near = mcp_alloc(call, (n + 1) * sizeof(*near));
	const char *text = NULL;
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(names, i));
		size_t far = name != NULL ? farness(asked, name) : SIZE_MAX;

		if (far != SIZE_MAX)
			near[found++] = (struct near){ name, far };
	}
	qsort(near, found, sizeof(*near), nearer);
	for (size_t i = 0; i < found && i < NEAR_MAX; i++)
		text = text == NULL ? near[i].name : mcp_printf(call, "%s, %s", text, near[i].name);
	return text;
}

/* ---- walking a list ------------------------------------------------------------------------- */

/* The wanted name and the results so far. The struct is copied from page to page. */
struct search {
	const struct dbx_kind *kind;
	/* the function that gets the resolved id; NULL: only suggestions are wanted */
	mcp_step_fn fn;
	struct dbx_resolved resolved;
	unsigned pages, matches, n_near;
	/* digest of the previous page's token, because a list may name the same page again and
	 * again */
	uint64_t token;
	char why[400];
	char candidates[768]; /* the ids of objects with the same name: "id, id" */
	struct {
		char name[NEAR_TEXT];
		size_t distance;
	} near[NEAR_MAX]; /* similar names, the most similar one first */
};

_Static_assert(sizeof(struct search) <= MCP_STATE_MAX, "the state of a search must fit");

static int search_page(struct mcp_call *call, const void *state, size_t len);

static int
search_fetch(struct mcp_call *call, const struct search *search, const char *token)
{
	/* One service also names this parameter next_page_token in the query; the template uses
	 * that name. */
	return mcp_fetch(call, search->kind->list,
			 mcp_object(call, "page_token", token, "next_page_token", token, NULL),
			 search_page, search, sizeof(*search));
}

static void
note_candidate(struct search *search, const char *id)
{
	size_t used = strlen(search->candidates);

	if (search->matches++ == 0)
		snprintf(search->resolved.id, sizeof(search->resolved.id), "%s", id);
	if (search->matches <= CANDIDATES_MAX && used + strlen(id) + 3 < sizeof(search->candidates))
		snprintf(search->candidates + used, sizeof(search->candidates) - used, "%s%s",
			 used > 0 ? ", " : "", id);
}

/* Keeps `text` if it is one of the most similar names so far. */
static void
keep_near(struct search *search, const char *text, size_t far)
{
	size_t at = search->n_near;

	if (strlen(text) >= NEAR_TEXT)
		return;
	for (size_t i = 0; i < search->n_near; i++)
		if (strcmp(search->near[i].name, text) == 0)
			return;
	while (at > 0 && search->near[at - 1].distance > far)
		at--;
	if (at == NEAR_MAX)
		return;
	if (search->n_near < NEAR_MAX)
		search->n_near++;
	memmove(&search->near[at + 1], &search->near[at],
		(search->n_near - 1 - at) * sizeof(search->near[0]));
	snprintf(search->near[at].name, NEAR_TEXT, "%s", text);
	search->near[at].distance = far;
}

static void
note_near(struct search *search, const char *name)
{
	size_t far = farness(search->resolved.asked, name);

	/* Names that differ only in case are different names. */
	if (name[0] != '\0' && far != SIZE_MAX && strcmp(name, search->resolved.asked) != 0)
		keep_near(search, name, far);
}

static int
fail_unknown(struct mcp_call *call, const struct search *search, const char *why)
{
	const struct dbx_kind *kind = search->kind;
	const char *near = NULL, *next;
	const char *what =
	    mcp_printf(call, "There is no %s \"%s\".", kind->noun, search->resolved.asked);

	for (size_t i = 0; i < search->n_near; i++)
		near = mcp_printf(call, "%s%s%s", near != NULL ? near : "",
				  near != NULL ? ", " : "", search->near[i].name);
	next = near != NULL ? mcp_printf(call, "Did you mean: %s? %s shows all.", near, kind->tool)
			    : mcp_printf(call, "Call %s to see all names.", kind->tool);
	return mcp_fail(call, MCP_E_NOT_FOUND, what, dbx_more(call, what, why), next);
}

/* Fails the call because the name was not found. `more` means that some pages were not read. */
static int
search_end(struct mcp_call *call, const struct search *search, bool more)
{
	const struct dbx_kind *kind = search->kind;

	/* clang-format off */
	if (search->matches == 0 || search->fn == NULL)
		return fail_unknown(call, search, search->why[0] != '\0' ? search->why
		    : more ? mcp_printf(call, "The object is not on the %u pages of the list "
			"that were read. If the object is on a later page, use its id.",
			search->pages)
			   : "This identity can see no object with that name or id.");
	if (search->matches > 1)
		return mcp_fail(call, MCP_E_INPUT,
				mcp_printf(call, "%u %ss have the name \"%s\".", search->matches,
					   kind->noun, search->resolved.asked),
				mcp_printf(call, "Their ids: %s%s.", search->candidates,
					   search->matches > CANDIDATES_MAX ? ", and more" : ""),
				"Repeat the call with one of these ids.");
	return search->fn(call, &search->resolved, sizeof(search->resolved));
}
/* clang-format on */

/* Does an item have exactly this id? */
static bool
search_items(struct mcp_call *call, struct search *search, struct json_object *items)
{
	const struct dbx_kind *kind = search->kind;
	const char *asked = search->resolved.asked;
	bool by_id = kind->is_id(asked);

	for (size_t i = 0; i < json_object_array_length(items); i++) {
		struct json_object *item = json_object_array_get_idx(items, i);
		const char *name = mcp_get_str(call, item, kind->name, "");
		const char *id = mcp_get_str(call, item, kind->id, "");

		if (search->fn != NULL && strcmp(id, asked) == 0 && strlen(id) < DBX_NAME_MAX) {
			search->matches = 1;
			strcpy(search->resolved.id, id);
			return true;
		}
		if (strcmp(name, asked) == 0 && id[0] != '\0')
			note_candidate(search, id);
		/* A text that looks like an id may still be a name. */
		if (by_id && search->fn == NULL && strcmp(name, asked) == 0)
			keep_near(search, id, 0);
		note_near(search, by_id ? id : name);
	}
	return false;
}

/* FNV-1a */
static uint64_t
digest_of(const char *text)
{
	uint64_t digest = 0xcbf29ce484222325u;

	for (; *text != '\0'; text++)
		digest = (digest ^ (unsigned char)*text) * 0x100000001b3u;
	return digest;
}

static int
search_page(struct mcp_call *call, const void *state, size_t len)
{
	struct search search;
	struct mcp_words words = { 0 };
	struct json_object *reply, *items;
	struct dbx_error error;
	const char *token;
	uint64_t digest;

	(void)len;
	memcpy(&search, state, sizeof(search));
	/* If a list call fails, the answer still reports that the object does not exist. */
	if (search.fn == NULL && !dbx_ok(call, mcp_reply(call, 0), &error))
		return fail_unknown(call, &search, search.why);
	words.object = mcp_printf(call, "The list of %ss", search.kind->noun);
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	items = search.fn == NULL ? mcp_objects(call, reply, search.kind->items)
				  : mcp_items(call, reply, search.kind->items, &words);
	if (items == NULL)
		return MCP_E_UPSTREAM;
	if (search_items(call, &search, items))
		return search_end(call, &search, false);
	token = mcp_get_str(call, reply, "next_page_token", "");
	digest = digest_of(token);
	search.pages++;
	if (search.fn == NULL || token[0] == '\0' || digest == search.token ||
	    search.pages >= PAGES_MAX)
		return search_end(call, &search, token[0] != '\0');
	search.token = digest;
	return search_fetch(call, &search, token);
}

int
dbx_resolve_text(struct mcp_call *call, const struct dbx_kind *kind, const char *asked,
		 mcp_step_fn fn)
{
	struct search search = { .kind = kind, .fn = fn };

	if (strlen(asked) >= DBX_NAME_MAX)
		return mcp_failf(call, MCP_E_INPUT, "No %s has such a long name.", kind->noun);
	snprintf(search.resolved.asked, sizeof(search.resolved.asked), "%s", asked);
	if (!kind->is_id(asked))
		return search_fetch(call, &search, NULL);
	snprintf(search.resolved.id, sizeof(search.resolved.id), "%s", asked);
	return fn(call, &search.resolved, sizeof(search.resolved));
}

int
dbx_resolve(struct mcp_call *call, const struct dbx_kind *kind, const char *argument,
	    mcp_step_fn fn)
{
	const char *asked = mcp_arg(call, argument);

	if (asked == NULL || asked[0] == '\0')
		return mcp_failf(call, MCP_E_INPUT,
				 "%s is missing: give the name or id of a "
				 "%s.",
				 argument, kind->noun);
	if (strlen(asked) >= DBX_NAME_MAX)
		return mcp_failf(call, MCP_E_INPUT, "%s is longer than the name of any %s may be.",
				 argument, kind->noun);
	return dbx_resolve_text(call, kind, asked, fn);
}

int
dbx_unknown(struct mcp_call *call, const struct dbx_kind *kind, const char *asked, const char *why)
{
	struct search search = { .kind = kind };

	snprintf(search.resolved.asked, sizeof(search.resolved.asked), "%s", asked);
	mcp_cut_copy(search.why, sizeof(search.why), why != NULL ? why : "");
	return search_fetch(call, &search, NULL);
}
